import type { Entry } from '../../ledger/events.ts';
import type { LogKey } from '../../ledger/ledger.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import { hostName, type RunId, stepInstance } from '../../plan/ids.ts';
import type { LogList, LogPiece, LogQuery } from '../api/logs.ts';
import { RequestError } from '../problem/requestError.ts';

export type LogService = {
  list(run: RunId): Promise<LogList['logs']>;
  /** Whole characters from `offset` on. Throws `log/unknown` where the step never ran on that host. */
  piece(run: RunId, query: LogQuery): Promise<LogPiece>;
  /** Pieces as they come, until the attempt has ended or the signal fires. */
  follow(run: RunId, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogPiece>;
};

/** Output of a running command is looked for this often. */
const LOOK_EVERY_MS = 150;

export function createLogService(ledger: OpenLedger): LogService {
  async function piece(run: RunId, query: LogQuery): Promise<LogPiece> {
    const { key, ended, truncated } = await attempt(ledger, run, query);
    // Whether it has ended was looked at first: what was written before that is all there.
    const bytes = await ledger.logs.length(key);
    const raw = await ledger.logs.read(key, query.offset, query.limit);
    const atEnd = ended && query.offset + raw.byteLength >= bytes;
    const whole = atEnd ? raw : raw.subarray(0, wholeCharacters(raw));
    const { step, host, generation, stream } = key;
    const next = query.offset + whole.byteLength;
    return {
      step,
      host,
      generation,
      stream,
      offset: query.offset,
      text: new TextDecoder().decode(whole),
      next,
      bytes,
      ended: ended && next >= bytes,
      truncated,
    };
  }

  return {
    async list(run) {
      const logs = await ledger.logs.list(run);
      const ends = await ledger.read({ run, kinds: ['attempt.ended'] });
      const cut = new Set(ends.flatMap(cutStreams));
      return logs.map(({ step, host, generation, stream, bytes, truncated }) => ({
        step,
        host,
        generation,
        stream,
        bytes,
        truncated: truncated === true || cut.has(nameOf({ step, host, generation, stream })),
      }));
    },
    piece,
    async *follow(run, query, signal) {
      let from = query.offset;
      let generation = query.generation;
      while (!signal.aborted) {
        const next = await piece(run, { ...query, offset: from, generation });
        // The newest when it began: a retry is another log.
        generation = next.generation;
        if (next.text !== '' || next.ended) yield next;
        if (next.ended) return;
        from = next.next;
        if (next.text === '') await pause(LOOK_EVERY_MS, signal);
      }
    },
  };
}

type Attempt = { readonly key: LogKey; readonly ended: boolean; readonly truncated: boolean };

async function attempt(ledger: OpenLedger, run: RunId, query: LogQuery): Promise<Attempt> {
  const entries = await ledger.read({
    run,
    kinds: ['attempt.started', 'attempt.ended', 'step.ended', 'run.ended'],
  });
  let newest: number | undefined;
  const over = new Set<number>();
  const cut = new Set<string>();
  let stepOver = false;
  for (const entry of entries) {
    if (entry.kind === 'run.ended') stepOver = true;
    if (entry.kind === 'step.ended' && entry.data.step === query.step) stepOver = true;
    if (
      entry.kind === 'attempt.started' &&
      entry.data.step === query.step &&
      entry.data.host === query.host
    ) {
      newest = Math.max(newest ?? 0, entry.data.generation);
      stepOver = false;
    }
    if (
      entry.kind === 'attempt.ended' &&
      entry.data.step === query.step &&
      entry.data.result.host === query.host
    ) {
      newest = Math.max(newest ?? 0, entry.data.result.generation);
      over.add(entry.data.result.generation);
      for (const stream of cutStreams(entry)) cut.add(stream);
    }
  }
  const generation = query.generation ?? newest;
  if (generation === undefined || newest === undefined || generation > newest) {
    throw new RequestError(
      404,
      'log/unknown',
      `${query.step} has not run on ${query.host}${query.generation === undefined ? '' : ` in generation ${query.generation}`}.`,
      `See which logs there are with \`holdfast logs ${run}\`.`,
    );
  }
  const key = {
    run,
    step: stepInstance(query.step),
    host: hostName(query.host),
    generation,
    stream: query.stream,
  };
  const ended = over.has(generation) || generation < newest || stepOver;
  return { key, ended, truncated: cut.has(nameOf(key)) };
}

/** The streams of which the host kept less than the command said. */
function cutStreams({ kind, data }: Entry): readonly string[] {
  if (kind !== 'attempt.ended') return [];
  const { step, result } = data;
  const { host, generation } = result;
  return (['out', 'err'] as const)
    .filter((stream) => result[stream]?.truncated === true)
    .map((stream) => nameOf({ step, host, generation, stream }));
}

function nameOf({ step, host, generation, stream }: Omit<LogKey, 'run'>): string {
  return `${step} ${host} ${generation} ${stream}`;
}

/** How many bytes are whole UTF-8 characters: a character that is cut at the end is left for the next piece. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.byteLength); back += 1) {
    const byte = bytes[bytes.byteLength - back] ?? 0;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needs = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return needs > back ? bytes.byteLength - back : bytes.byteLength;
  }
  return bytes.byteLength;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
