import { createHash, type Hash } from 'node:crypto';
import type { LogKey, WorkerLogs } from '../../ledger/ledger.ts';
import { digest } from '../../plan/ids.ts';
import type { StreamEnd } from '../../plan/outcomes.ts';
import type { Redaction } from './context.ts';

const tailBytes = 8 * 1024;
const readBytes = 1024 * 1024;

/** Stores one stream of an attempt as it comes, and says at its end what it was. */
export class StreamKeeper {
  readonly #logs: WorkerLogs;
  readonly #key: LogKey;
  readonly #mask: ReturnType<Redaction['stream']>;
  readonly #from: number;
  readonly #hash: Hash = createHash('sha256');
  #stored: number;
  #tail: Buffer = Buffer.alloc(0);

  /** `from`: how many bytes of it the store has. */
  constructor(logs: WorkerLogs, key: LogKey, from: number, redaction: Redaction) {
    this.#logs = logs;
    this.#key = key;
    this.#from = from;
    this.#stored = from;
    this.#mask = redaction.stream();
  }

  push(bytes: Uint8Array): Promise<void> {
    return this.#put(this.#mask.push(bytes));
  }

  /** Undefined for a stream with nothing in it. */
  async end(truncated: boolean): Promise<StreamEnd | undefined> {
    await this.#put(this.#mask.end());
    if (this.#stored === 0 && !truncated) return undefined;
    if (this.#from > 0) await this.#readAgain();
    const sha256 = digest(this.#hash.digest('hex'));
    return { bytes: this.#stored, sha256, ...(truncated ? { truncated: true } : {}) };
  }

  /** The last of it, as text. After `end`. */
  tail(): string {
    return this.#tail.toString('utf8');
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#logs.write(this.#key, this.#stored, bytes);
    this.#stored += bytes.length;
    if (this.#from === 0) this.#saw(bytes);
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
