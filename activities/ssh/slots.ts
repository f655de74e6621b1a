/**
 * A counted resource, handed out in order of arrival. `wanted` is called when somebody has to wait, so that an
 * idle holder can give its slot back.
 */
export class Slots {
  #limit: number;
  #held = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #wanted: () => void;

  constructor(limit: number, wanted: () => void = () => undefined) {
    this.#limit = limit;
    this.#wanted = wanted;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves to true with a slot held, to false when `signal` came first. */
  take(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false);
    if (this.#held < this.#limit) {
      this.#held += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const granted = () => {
        signal?.removeEventListener('abort', gaveUp);
        resolve(true);
      };
      const gaveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(granted), 1);
        resolve(false);
      };
      this.#waiting.push(granted);
      signal?.addEventListener('abort', gaveUp, { once: true });
      this.#wanted();
    });
  }

  give(): void {
    this.#held -= 1;
    this.#pass();
  }

  /** The other side allows fewer than thought: never below one, or nothing could ever be tried again. */
  lower(limit: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit, limit));
  }

  #pass(): void {
    while (this.#held < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#held += 1;
      next();
    }
  }
}
