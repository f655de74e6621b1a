import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { EntryView } from '../../server/api/ledger.ts';
import { CommandError, EXIT, isUnreachable } from '../exit.ts';
import { type Api, isAbort, type Query } from './api.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A server that was killed is started again by a person; after this long there is nobody. */
const GIVE_UP_MS = 180_000;
/** One that is there sends a sign of life every five seconds (`server/app.ts`); without any, the connection only looks open. */
const SILENT_MS = 15_000;

export type Following = {
  readonly signal: AbortSignal;
  readonly now?: () => number;
  /** Told once when the connection breaks, and once when it is there again. */
  readonly connection?: (state: 'lost' | 'back') => void;
  /** How long a connection may say nothing before it is taken for broken. */
  readonly silentMs?: number;
};

/** The entries of a run after `after`, each once and in order, whatever the connection does, until the run has ended. */
export async function* runEvents(
  api: Api,
  run: string,
  after: number,
  following: Following,
): AsyncGenerator<EntryView> {
  let seen = after;
  const source = messages(api, `/api/runs/${run}/events`, { after }, () => seen, following);
  for await (const message of source) {
    if (message.event === 'end') return;
    if (message.event !== 'entry') continue;
    const entry: EntryView = JSON.parse(message.data);
    if (entry.seq <= seen) continue;
    seen = entry.seq;
    yield entry;
  }
}

type Message = { readonly event?: string | undefined; readonly data: string };

/** Messages of a stream that is opened again where it breaks, from the last id on. Ends when the signal fires. */
export async function* messages(
  api: Api,
  path: string,
  query: Query,
  last: () => number,
  following: Following,
): AsyncGenerator<Message> {
  const { signal, now = Date.now, connection, silentMs = SILENT_MS } = following;
  let wait = FIRST_PAUSE_MS;
  let lostAt: number | undefined;
  while (!signal.aborted) {
    const ear = listen(api.url, silentMs);
    try {
      const response = await api.stream(path, query, last(), AbortSignal.any([signal, ear.silent]));
      if (lostAt !== undefined) connection?.('back');
      lostAt = undefined;
      for await (const message of read(response, ear.heard)) {
        wait = FIRST_PAUSE_MS;
        yield message;
      }
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (!isUnreachable(error) && error instanceof CommandError) throw error;
      if (lostAt !== undefined && now() - lostAt > GIVE_UP_MS) throw error;
    } finally {
      ear.stop();
    }
    if (lostAt === undefined) {
      lostAt = now();
      connection?.('lost');
    }
    await pause(wait, undefined, { signal }).catch(() => {});
    wait = Math.min(LONGEST_PAUSE_MS, wait * 2);
  }
}

async function* read(response: Response, heard: () => void): AsyncGenerator<Message> {
  if (!response.body) return;
  const bytes = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, to) {
      heard();
      to.enqueue(chunk);
    },
  });
  yield* response.body
    .pipeThrough(bytes)
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
}

/** `silent` fires when nothing was heard for so long. */
function listen(url: string, silentMs: number) {
  const silent = new AbortController();
  const timer = setTimeout(() => {
    const says = `The server at ${url} has said nothing for ${silentMs / 1000} s.`;
    silent.abort(
      new CommandError(EXIT.unreachable, 'client/silent', says, 'Look at the network in between.'),
    );
  }, silentMs);
  return {
    silent: silent.signal,
    heard: () => void timer.refresh(),
    stop: () => clearTimeout(timer),
  };
}

/** Asks again while the server can't be reached, as long as a follower would wait for it. */
export async function patiently<T>(ask: () => Promise<T>, following: Following): Promise<T> {
  const { signal, now = Date.now } = following;
  const since = now();
  let wait = FIRST_PAUSE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !isUnreachable(error) || now() - since > GIVE_UP_MS) throw error;
    }
    await pause(wait, undefined, { signal }).catch(() => {});
    wait = Math.min(LONGEST_PAUSE_MS, wait * 2);
  }
}
