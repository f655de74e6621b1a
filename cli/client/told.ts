import { EventSourceParserStream } from 'eventsource-parser/stream';
import { CommandError, EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { progressLine } from '../view/progress.ts';
import type { Api } from './api.ts';

/** What takes longer is told of. */
const SOON_MS = 1_000;
const REDRAW_MS = 250;

/** What is asked for, and the words while it takes its time. */
export type Asking<Progress> = {
  readonly path: string;
  readonly request: object;
  /** The event that the answer comes as. */
  readonly event: string;
  /** Said once where there is no terminal to draw on. */
  readonly doing: string;
  /** How far it is, after so many milliseconds. */
  readonly far: (last: Progress | undefined, ms: number) => string;
  /** Said after Ctrl-C: what that means, and what may be done instead. */
  readonly interrupted: { readonly message: string; readonly mend: string };
};

/** Asks the server for something, and says how far it is where that takes longer than a second. Ctrl-C ends it. */
export async function told<Answer, Progress>(api: Api, io: Io, asking: Asking<Progress>): Promise<Answer> {
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  const progress = progressLine(io);
  const since = io.now();
  let last: Progress | undefined;
  const tell = () => progress.say(io.liveTalk ? asking.far(last, io.now() - since) : asking.doing);
  let redraw: NodeJS.Timeout | undefined;
  const soon = setTimeout(() => {
    tell();
    redraw = setInterval(tell, REDRAW_MS);
  }, SOON_MS);
  process.once('SIGINT', interrupted);
  try {
    const response = await api.postStream(asking.path, asking.request, stop.signal);
    for await (const { event, data } of messages(response, asking.event)) {
      if (event === asking.event) return JSON.parse(data);
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
    const { message, mend } = asking.interrupted;
    throw new CommandError(EXIT.interrupted, 'client/interrupted', message, mend);
  } finally {
    clearTimeout(soon);
    clearInterval(redraw);
    progress.end();
    process.off('SIGINT', interrupted);
  }
}

/** As events, or from a server that answers with the answer itself. */
async function* messages(
  response: Response,
  name: string,
): AsyncGenerator<{ readonly event?: string | undefined; readonly data: string }> {
  if (!response.headers.get('content-type')?.includes('text/event-stream')) {
    yield { event: name, data: await response.text() };
    return;
  }
  if (!response.body) return;
  yield* response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}
