import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { PlanProgress, PlanView } from '../../server/api/plans.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { progressLine } from '../view/progress.ts';
import { duration } from '../view/text.ts';
import type { Api } from './api.ts';

/** What takes longer is told of. */
const SOON_MS = 1_000;
const REDRAW_MS = 250;

/**
 * Has a plan made, and says how far it is where that takes longer than a second. Ctrl-C ends it: hosts are asked no more, and
 * nothing is left of it.
 */
export async function planned(api: Api, io: Io, request: object): Promise<PlanView> {
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  const progress = progressLine(io);
  const since = io.now();
  let last: PlanProgress | undefined;
  const tell = () => progress.say(io.liveTalk ? far(last, io.now() - since) : 'asking hosts …');
  let redraw: NodeJS.Timeout | undefined;
  const soon = setTimeout(() => {
    tell();
    redraw = setInterval(tell, REDRAW_MS);
  }, SOON_MS);
  process.once('SIGINT', interrupted);
  try {
    const response = await api.postStream('/api/plans', request, stop.signal);
    for await (const { event, data } of messages(response)) {
      if (event === 'plan') return JSON.parse(data);
      if (event === 'progress') last = JSON.parse(data);
    }
    throw new CommandError(
      EXIT.unreachable,
      'client/cut-off',
      'The server went away while it asked hosts.',
      'Look whether it is up: holdfast doctor',
    );
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new CommandError(
      EXIT.interrupted,
      'client/interrupted',
      'Hosts are asked no more. Nothing was changed on them.',
      'Without asking them: holdfast plan NAME --offline',
    );
  } finally {
    clearTimeout(soon);
    clearInterval(redraw);
    progress.end();
    process.off('SIGINT', interrupted);
  }
}

function far(last: PlanProgress | undefined, ms: number): string {
  const answers =
    last === undefined ? '' : ` ${last.answers} answers, the last of ${last.host} to ${last.step};`;
  return `asking hosts …${answers} ${duration(ms)}`;
}

/** As events, or from a server that answers with the plan itself. */
async function* messages(
  response: Response,
): AsyncGenerator<{ readonly event?: string | undefined; readonly data: string }> {
  if (!response.headers.get('content-type')?.includes('text/event-stream')) {
    yield { event: 'plan', data: await response.text() };
    return;
  }
  if (!response.body) return;
  yield* response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}
