import type { Entry, PendingEntry } from '../ledger/events.ts';
import type { Digest } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { HostResult } from '../plan/outcomes.ts';
import type { HostTask, RoundRequest } from '../plan/rounds.ts';
import type { Past } from './past.ts';
import type { Port } from './port.ts';

/**
 * A port that answers out of the run's past first, and asks the world only for what is new. So a run that is walked again
 * (continued as new, or resumed from the ledger) does not ask the ledger once more for each step that is over.
 */
export class PastPort implements Port {
  readonly past: Past;
  readonly #port: Port;
  /** What is under way of what the walk asks before it is where it was. All of it is quickly answered. */
  readonly #onTheWay = new Set<Promise<unknown>>();
  #isThere = false;

  constructor(port: Port, past: Past) {
    this.#port = port;
    this.past = past;
  }

  now(): number {
    return this.#port.now();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#port.sleep(ms, signal);
  }

  note(entry: PendingEntry): void {
    if (!this.past.takeNoted(entry)) this.#port.note(entry);
  }

  async record(entry: PendingEntry): Promise<Entry> {
    return this.past.takeEntry(entry.key) ?? this.#briefly(this.#port.record(entry));
  }

  flush(): Promise<void> {
    return this.#port.flush();
  }

  rest(): Promise<void> {
    return this.#briefly(this.#port.rest());
  }

  async caughtUp(): Promise<void> {
    await this.#port.caughtUp();
    while (this.#onTheWay.size > 0) {
      await Promise.allSettled(this.#onTheWay);
      await this.#port.caughtUp();
    }
    this.#isThere = true;
  }

  async round(
    request: RoundRequest,
    options: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]> {
    const known: HostResult[] = [];
    const tasks: HostTask[] = [];
    for (const task of request.tasks) {
      const result = this.past.takeResult(request.step, task);
      if (result) known.push(result);
      else tasks.push(task);
    }
    if (tasks.length === 0) return known;
    // Nothing else of the run goes on, so this is where it was: from here on a chain of such rounds is nothing to wait out.
    if (options.alone) this.#isThere = true;
    return [...known, ...(await this.#port.round({ ...request, tasks }, options))];
  }

  /** A run that has begun has its locks, and is told so at once; one that was in the queue waits on. */
  takeLocks(names: readonly string[], signal: AbortSignal): Promise<void> {
    const taken = this.#port.takeLocks(names, signal);
    return this.past.hasStarted ? this.#briefly(taken) : taken;
  }

  releaseLocks(): Promise<void> {
    return this.#port.releaseLocks();
  }

  closeRun(zones: readonly string[]): Promise<void> {
    return this.#port.closeRun(zones);
  }

  texts(digests: readonly Digest[]): Promise<readonly string[]> {
    return this.#briefly(this.#port.texts(digests));
  }

  digest(json: Json): Promise<Digest> {
    return this.#briefly(this.#port.digest(json));
  }

  async #briefly<T>(answer: Promise<T>): Promise<T> {
    if (this.#isThere) return answer;
    this.#onTheWay.add(answer);
    try {
      return await answer;
    } finally {
      this.#onTheWay.delete(answer);
    }
  }
}
