import { createHash, type Hash } from 'node:crypto';
import type { LogKey, WorkerLogs } from '../../ledger/ledger.ts';
import { digest } from '../../plan/ids.ts';
import type { StreamEnd } from '../../plan/outcomes.ts';
import type { Redaction } from './context.ts';

const tailBytes = 8 * 1024;
const readBytes = 1024 * 1024;

/** Of a stream that is kept at its end only: what follows is dropped. Bytes. */
const heldBytes = 256 * 1024;

/** What takes the bytes of one stream of an attempt. `from`: where the first that it wants begins. */
export type Sink = {
  readonly from: number;
  push(bytes: Uint8Array): Promise<void>;
  /** Undefined for a stream of which nothing is kept. */
  end(truncated: boolean): Promise<StreamEnd | undefined>;
  /** The last of what is kept, as text. After `end`. */
  tail(): string;
};

/** Keeps nothing. */
export const nowhere: Sink = {
  from: 0,
  push: async () => {},
  end: async () => undefined,
  tail: () => '',
};

/**
 * Holds a stream back until it is known what must not be seen in it: a worker that takes over begins anew, and the host has it
 * still. `known` says at the end whether that is known; where it isn't nothing is kept.
 */
export class HeldStream implements Sink {
  readonly from = 0;
  readonly #keeper: StreamKeeper;
  readonly #known: () => boolean;
  readonly #held: Uint8Array[] = [];
  #bytes = 0;
  #cut = false;

  constructor(keeper: StreamKeeper, known: () => boolean) {
    this.#keeper = keeper;
    this.#known = known;
  }

  async push(bytes: Uint8Array): Promise<void> {
    const fits = bytes.subarray(0, heldBytes - this.#bytes);
    this.#cut ||= fits.length < bytes.length;
    this.#bytes += fits.length;
    this.#held.push(Uint8Array.from(fits));
  }

  async end(truncated: boolean): Promise<StreamEnd | undefined> {
    if (!this.#known()) return undefined;
    await this.#keeper.push(Buffer.concat(this.#held));
    return this.#keeper.end(truncated || this.#cut);
  }

  tail(): string {
    return this.#keeper.tail();
  }
}

/** Stores one stream of an attempt as it comes, and says at its end what it was. */
export class StreamKeeper implements Sink {
  readonly #logs: WorkerLogs;
  readonly #key: LogKey;
  readonly #mask: ReturnType<Redaction['stream']>;
  readonly from: number;
  readonly #hash: Hash = createHash('sha256');
  #stored: number;
  #tail: Buffer = Buffer.alloc(0);

  /** `from`: how many bytes of it the store has. */
  constructor(logs: WorkerLogs, key: LogKey, from: number, redaction: Redaction) {
    this.#logs = logs;
    this.#key = key;
    this.from = from;
    this.#stored = from;
    this.#mask = redaction.stream();
  }

  push(bytes: Uint8Array): Promise<void> {
    return this.#put(this.#mask.push(bytes));
  }

  async end(truncated: boolean): Promise<StreamEnd | undefined> {
    await this.#put(this.#mask.end());
    if (this.#stored === 0 && !truncated) return undefined;
    if (this.from > 0) await this.#readAgain();
    const sha256 = digest(this.#hash.digest('hex'));
    return { bytes: this.#stored, sha256, ...(truncated ? { truncated: true } : {}) };
  }

  tail(): string {
    return this.#tail.toString('utf8');
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#logs.write(this.#key, this.#stored, bytes);
    this.#stored += bytes.length;
    if (this.from === 0) this.#saw(bytes);
  }

  #saw(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    const both = Buffer.concat([this.#tail, bytes]);
    this.#tail = both.subarray(Math.max(0, both.length - tailBytes));
  }

  /** What another follower stored is part of the whole. */
  async #readAgain(): Promise<void> {
    let offset = 0;
    for (;;) {
      const bytes = await this.#logs.read(this.#key, offset, readBytes);
      if (bytes.length === 0) return;
      this.#saw(bytes);
      offset += bytes.length;
    }
  }
}
