import { setTimeout as pause } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { EntryView } from '../../server/api/ledger.ts';
import { CommandError, EXIT } from '../exit.ts';
import { type Api, isAbort, type Query } from './api.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** A server that was killed is started again by a person; after this long there is nobody. */
const GIVE_UP_MS = 180_000;

export type Following = {
  readonly signal: AbortSignal;
  readonly now?: () => number;
  /** Told once when the connection breaks, and once when it is there again. */
  readonly connection?: (state: 'lost' | 'back') => void;
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
  const { signal, now = Date.now, connection } = following;
  let wait = FIRST_PAUSE_MS;
  let lostAt: number | undefined;
  while (!signal.aborted) {
    try {
      const response = await api.stream(path, query, last(), signal);
      if (lostAt !== undefined) connection?.('back');
      lostAt = undefined;
      for await (const message of read(response)) {
        wait = FIRST_PAUSE_MS;
        yield message;
      }
    } catch (error) {
      if (signal.aborted || isAbort(error)) return;
      if (error instanceof CommandError && error.exit !== EXIT.unreachable) throw error;
      if (lostAt !== undefined && now() - lostAt > GIVE_UP_MS) throw error;
    }
    if (lostAt === undefined) {
      lostAt = now();
      connection?.('lost');
    }
    await pause(wait, undefined, { signal }).catch(() => {});
    wait = Math.min(LONGEST_PAUSE_MS, wait * 2);
  }
}

async function* read(response: Response): AsyncGenerator<Message> {
  if (!response.body) return;
  yield* response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
}
