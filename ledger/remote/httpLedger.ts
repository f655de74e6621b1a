import { z } from 'zod';
import { planDigest, textDigest } from '../../plan/digest.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { Digest } from '../../plan/ids.ts';
import type { Plan } from '../../plan/plan.ts';
import { batched, type Settled } from '../batched.ts';
import type { Entry, PendingEntry } from '../events.ts';
import type { LogKey, WorkerLedger } from '../ledger.ts';
import {
  AppendAnswer,
  type BlobText,
  ByDigest,
  Entries,
  type FindRequest,
  FoundBlob,
  FoundPlan,
  Handles,
  Hello,
  LocksTaken,
  Nothing,
  PIECE_BYTES,
  PREFIX,
  PROTOCOL,
  StreamLength,
} from './messages.ts';
import type { Transport } from './transport.ts';

const KEYS_A_REQUEST = 20_000;
const ENTRIES_A_PAGE = 1_000;
/** One request of appends is no larger than this, unless one call alone is. In characters of its JSON. */
const APPEND_SIZE = 4 * 1024 * 1024;

const Problem = z.object({ code: z.string(), detail: z.string(), mend: z.string() });

export type HttpLedger = WorkerLedger & {
  /** Resolves where the server is there, takes the token, and speaks the same. */
  readonly greet: () => Promise<void>;
};

/**
 * The record through the server's API, for a worker on another machine. What it throws is what the server's own store
 * throws, under the same codes, and `ledger/unreachable` where no answer came; then the call may have been carried out,
 * and is to be made again.
 */
export function httpLedger(transport: Transport): HttpLedger {
  async function call<T>(name: string, message: object, Answer: z.ZodType<T>): Promise<T> {
    return ask(transport, name, JSON.stringify(message), Answer);
  }

  const append = batched<readonly PendingEntry[], readonly Entry[]>({
    most: APPEND_SIZE,
    sizeOf: (entries) => JSON.stringify(entries).length,
    async send(calls) {
      const { answers } = await call('append', { calls }, AppendAnswer);
      return answers.map(
        (answer): Settled<readonly Entry[]> =>
          'entries' in answer
            ? { ok: true, got: answer.entries }
            : { ok: false, error: rebuilt(answer.fault.code, answer.fault.message, answer.fault.mend) },
      );
    },
  });

  return {
    async greet() {
      await call('hello', { protocol: PROTOCOL } satisfies Hello, Hello);
    },
    append: (entries) => (entries.length === 0 ? Promise.resolve([]) : append(entries)),
    async find(keys) {
      const found = new Map<string, Entry>();
      for (let from = 0; from < keys.length; from += KEYS_A_REQUEST) {
        const some = { keys: keys.slice(from, from + KEYS_A_REQUEST) } satisfies z.input<typeof FindRequest>;
        for (const entry of (await call('find', some, Entries)).entries) found.set(entry.key, entry);
      }
      return found;
    },
    async read({ limit, ...filter }) {
      const found: Entry[] = [];
      for (;;) {
        const page = Math.min(ENTRIES_A_PAGE, (limit ?? Number.POSITIVE_INFINITY) - found.length);
        if (page <= 0) return found;
        const after = found.at(-1)?.seq ?? filter.after ?? 0;
        const { entries } = await call('read', { ...filter, after, limit: page }, Entries);
        found.push(...entries);
        if (entries.length < page) return found;
      }
    },

    async putBlob(text) {
      return (await call('put-blob', { text } satisfies z.input<typeof BlobText>, ByDigest)).digest;
    },
    async blob(digest) {
      const { text } = await call('blob', { digest }, FoundBlob);
      if (text !== null) refuseOther('text', digest, textDigest(text));
      return text ?? undefined;
    },
    async plan(digest) {
      const { plan } = await call('plan', { digest }, FoundPlan);
      if (plan === null) return undefined;
      // Its digest is the one asked for, so it is the plan that the server checked and kept under it.
      const checked = plan as unknown as Plan;
      refuseOther('plan', digest, planDigest(checked));
      return checked;
    },

    filePart: (sha256, offset, limit) =>
      received(transport, 'file-part', '', { sha256, offset, limit: Math.min(limit, PIECE_BYTES) }),

    takeLocks: ({ run, epoch, names }) => call('take-locks', { run, epoch, names }, LocksTaken),
    async releaseLocks({ run, epoch }) {
      await call('release-locks', { run, epoch }, Nothing);
    },

    logs: {
      async write(key, offset, bytes) {
        for (let from = 0; ; from += PIECE_BYTES) {
          const piece = bytes.subarray(from, from + PIECE_BYTES);
          const query = { ...queryOf(key), offset: offset + from };
          const { length } = await ask(transport, 'log-write', piece, StreamLength, query);
          if (from + PIECE_BYTES >= bytes.length) return length;
        }
      },
      async length(key) {
        return (await ask(transport, 'log-length', '', StreamLength, queryOf(key))).length;
      },
      read: (key, offset, limit) => received(transport, 'log-read', '', { ...queryOf(key), offset, limit }),
    },
    sealed: {
      async keep(handle, bytes) {
        await ask(transport, 'sealed-keep', bytes, Nothing, { handle });
      },
      async read(handle) {
        const bytes = await received(transport, 'sealed-read', '', { handle });
        // What is sealed has a head, so it is never empty.
        return bytes.length === 0 ? undefined : bytes;
      },
      list: async (run) => (await call('sealed-list', { run }, Handles)).handles,
    },
    close: () => transport.close(),
  };
}

function queryOf({ run, step, host, generation, stream }: LogKey) {
  return { run, step, host, generation, stream };
}

async function ask<T>(
  transport: Transport,
  name: string,
  body: string | Uint8Array,
  Answer: z.ZodType<T>,
  query: Readonly<Record<string, string | number>> = {},
): Promise<T> {
  const bytes = await received(transport, name, body, query);
  const answer = Answer.safeParse(parsed(bytes));
  if (answer.success) return answer.data;
  throw new HoldfastError(
    'ledger/strange-answer',
    `The server's answer to ${name} is not one that this worker knows: ${z.prettifyError(answer.error)}.`,
    'Run the same version of Holdfast on both, the server first.',
  );
}

async function received(
  transport: Transport,
  name: string,
  body: string | Uint8Array,
  query: Readonly<Record<string, string | number>>,
): Promise<Uint8Array> {
  const type = typeof body === 'string' ? 'application/json' : 'application/octet-stream';
  const sent = body === '' ? '{}' : body;
  const answer = await transport.send({ path: `${PREFIX}/${name}`, query, type, body: sent });
  if (answer.status === 200) return answer.body;
  const problem = Problem.safeParse(parsed(answer.body));
  if (problem.success) throw rebuilt(problem.data.code, problem.data.detail, problem.data.mend);
  throw new HoldfastError(
    'ledger/strange-answer',
    `What answers for the server says ${answer.status} to ${name}, and not in its words.`,
    'Look whether the address leads to Holdfast, or to something in front of it that fails.',
  );
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function rebuilt(code: string, message: string, mend: string): HoldfastError {
  return new HoldfastError(code, message, mend);
}

function refuseOther(what: string, asked: Digest, is: Digest): void {
  if (asked === is) return;
  throw new HoldfastError(
    'ledger/digest-mismatch',
    `The server gave a ${what} for ${asked} whose digest is ${is}.`,
    'Look whether the store was changed by hand; holdfast doctor checks it.',
  );
}
