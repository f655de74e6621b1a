import type { Considered } from './point.ts';

/** A way of the run, forwards through its plan or back over what took effect, and whether somebody has aborted it. */
export class Course {
  readonly back: boolean;
  readonly #abort = new AbortController();
  readonly #whenAborted = Promise.withResolvers<void>();
  #reason = '';
  #rollback = false;
  #retracing = false;

  constructor(back: boolean) {
    this.back = back;
  }

  get aborted(): AbortSignal {
    return this.#abort.signal;
  }

  get whenAborted(): Promise<void> {
    return this.#whenAborted.promise;
  }

  get reason(): string {
    return this.#reason;
  }

  /** Whether who aborted it wants what took effect undone. */
  get rollback(): boolean {
    return this.#rollback;
  }

  get retracing(): boolean {
    return this.#retracing;
  }

  /** The abort that comes was one of an earlier epoch. */
  retrace(): void {
    this.#retracing = true;
  }

  abort(reason: string, rollback: boolean): void {
    this.#reason = reason;
    this.#rollback = rollback;
    this.#abort.abort();
    this.#whenAborted.resolve();
  }

  considerAbort(rollback: boolean, mend: string): Considered {
    if (this.back) {
      if (this.aborted.aborted) return { ok: false, why: 'Rolling back is being stopped already.', mend };
      if (rollback) return { ok: false, why: 'The run is being rolled back already.', mend };
      return {
        ok: true,
        says: 'Rolling back stops: its running commands are asked to stop, and what is not undone by then stays.',
      };
    }
    if (this.aborted.aborted) return { ok: false, why: 'The run is being aborted already.', mend };
    const stops = 'Running commands are asked to stop; nothing new starts;';
    return {
      ok: true,
      says: rollback
        ? `${stops} then what took effect is undone, last first.`
        : `${stops} nothing is undone.`,
    };
  }
}
