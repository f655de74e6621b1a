import type { MockClock } from '../workflows/mock-port.ts';

type Timer = { readonly until: number; readonly fire: () => void };

/** A clock that stands still until it is told to go on: then it is at once as late as the next that somebody waits for. */
export class CaseClock implements MockClock {
  #now: number;
  readonly #timers = new Set<Timer>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer: Timer = { until: this.#now + ms, fire: resolve };
      this.#timers.add(timer);
      signal.addEventListener(
        'abort',
        () => {
          this.#timers.delete(timer);
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Goes on to the next that somebody waits for, if it comes before `limit`. Whether it did. */
  pass(limit: number): boolean {
    const next = Math.min(...[...this.#timers].map((timer) => timer.until));
    if (next >= limit) return false;
    this.#now = Math.max(this.#now, next);
    for (const timer of this.#timers) {
      if (timer.until > this.#now) continue;
      this.#timers.delete(timer);
      timer.fire();
    }
    return true;
  }
}
