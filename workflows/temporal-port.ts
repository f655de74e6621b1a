import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow';
import type { Entry, PendingEntry } from '../ledger/events.ts';
import type { Digest } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { HostResult } from '../plan/outcomes.ts';
import type { Plan } from '../plan/plan.ts';
import type { RoundAnswer, RoundRequest } from '../plan/rounds.ts';
import { HistoryBudget } from './history-budget.ts';
import type { RunInput } from './input.ts';
import type { Past } from './past.ts';
import type { Port } from './port.ts';
import { closers, followers, ledger, locks, rounds, short } from './proxies.ts';
import { DEFAULT_ZONE } from './queues.ts';
import { Turns } from './turns.ts';
import { saidToTake, YieldBudget } from './yield-budget.ts';

/** More hosts than this take longer than a local activity may. */
const LOCAL_HOSTS = 25;

/** Entries in one call: what it writes must stay small, also where a walk goes far without asking for anything. */
const NOTED_AT_ONCE = 100;
/** Temporal takes 2,000 activities of a run at once; a parallel loop may have more items. */
const ROUNDS_AT_ONCE = 500;

/** The interpreter's port on Temporal. */
export class TemporalPort implements Port {
  readonly #input: RunInput;
  #noted: PendingEntry[] = [];
  #inFlight = 0;
  #yielding: Promise<void> | undefined;
  readonly #budget = new YieldBudget();
  readonly #turns = new Turns(ROUNDS_AT_ONCE);
  #history: HistoryBudget | undefined;
  #stays = false;

  constructor(input: RunInput) {
    this.#input = input;
  }

  now(): number {
    return Date.now();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.flush();
    this.#history?.spend('timer');
    await cancellable(signal, () => sleep(ms));
  }

  note(entry: PendingEntry): void {
    this.#noted.push(entry);
  }

  async record(entry: PendingEntry): Promise<Entry> {
    if (this.#noted.length >= NOTED_AT_ONCE) await this.flush();
    const entries = [...this.#takeNoted(), entry];
    return await this.#local(() => ledger.record(entries));
  }

  async loadPlan(): Promise<Plan> {
    return this.#local(() => ledger.loadPlan(this.#input.plan));
  }

  /** Reads what the run did until now, a page at a time. */
  async recall(past: Past): Promise<void> {
    let after: number | undefined = 0;
    while (after !== undefined) {
      const from: number = after;
      const page = await this.#local(() => ledger.recall(this.#input.run, from));
      past.add(page);
      after = page.next;
    }
  }

  /** Counts what goes into history. Not before the walk is where it was, so that every execution comes further than the last. */
  countFromHere(): void {
    this.#history ??= new HistoryBudget(this.#input.continueAfter);
  }

  countUpdate(): void {
    this.#history?.spend('update');
  }

  /** From here on the run ends in this execution. */
  stay(): void {
    this.#stays = true;
  }

  /** Whether the history is long enough to begin a new one. Then nothing of the walk starts any more. */
  get isLong(): boolean {
    return !this.#stays && this.#history?.isSpent === true;
  }

  /**
   * Whether nothing is under way that a new execution would have to do again. Regular activities are let go: they act by the
   * ledger and by what the hosts know, and the next execution finds what they did and follows it.
   */
  get isAtRest(): boolean {
    return this.#inFlight === 0;
  }

  get hasNoted(): boolean {
    return this.#noted.length > 0;
  }

  async rest(): Promise<void> {
    if (this.#noted.length >= NOTED_AT_ONCE) await this.flush();
    await this.#onward();
    while (this.#yielding) await this.#yielding;
    this.#budget.step();
    if (this.#budget.isSpent()) await this.#yield();
  }

  /**
   * A workflow task that was lost with its worker went no further than its local activities did: everything else begins
   * with the task's completion. So the walk has caught up when none of them is in flight.
   */
  async caughtUp(): Promise<void> {
    // Not at the first look: what this activation brings has not reached the walk yet.
    let looks = 0;
    await condition(() => looks++ > 0 && this.#inFlight === 0);
  }

  async flush(): Promise<void> {
    while (this.#noted.length > 0) {
      const entries = this.#noted.splice(0, NOTED_AT_ONCE);
      await this.#local(() => ledger.record(entries));
    }
  }

  async round(
    request: RoundRequest,
    options: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]> {
    return this.#turns.take(async () => {
      await this.#onward();
      const settled: HostResult[] = [];
      let answer = await this.#start(request, options);
      for (;;) {
        settled.push(...answer.settled);
        const { running } = answer;
        if (running.length === 0) return settled;
        const rest = { ...request, tasks: request.tasks.filter((task) => running.includes(task.host)) };
        answer = await this.#follow(rest, options.signal);
      }
    });
  }

  async takeLocks(names: readonly string[], signal: AbortSignal): Promise<void> {
    await this.flush();
    const { run, epoch } = this.#input;
    await cancellable(signal, () => locks.acquireLocks({ run, epoch, names }));
  }

  async releaseLocks(): Promise<void> {
    this.stay();
    const { run, epoch } = this.#input;
    await locks.releaseLocks({ run, epoch });
  }

  async closeRun(zones: readonly string[]): Promise<void> {
    const { run, epoch, plan } = this.#input;
    // What could not be removed is small and harmless: no reason for a run that has ended to fail.
    await Promise.allSettled(zones.map((zone) => closers(zone).closeRun({ run, epoch, plan, zone })));
  }

  async texts(digests: readonly Digest[]): Promise<readonly string[]> {
    return this.#local(() => ledger.loadTexts(digests));
  }

  async digest(json: Json): Promise<Digest> {
    return this.#local(() => ledger.digest(json));
  }

  async #start(
    request: RoundRequest,
    { alone, signal }: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<RoundAnswer> {
    if (signal.aborted) {
      await this.flush();
      return { settled: [], running: request.tasks.map((task) => task.host) };
    }
    if (this.#noted.length >= NOTED_AT_ONCE) await this.flush();
    const first = this.#takeNoted();
    if (alone && request.zone === DEFAULT_ZONE && request.tasks.length <= LOCAL_HOSTS) {
      try {
        return await this.#local(() => short.startRoundLocal(request, first), saidToTake);
      } catch (error) {
        if (isCancellation(error)) throw error;
        // It ran into the safety net; what it began is found again by the regular way.
      }
    }
    return this.#regular([request, first], () => rounds(request.zone).startRound(request, first));
  }

  async #follow(request: RoundRequest, signal: AbortSignal): Promise<RoundAnswer> {
    const { followRound, cancelRound } = followers(request.zone);
    const answer = await this.#regular(request, () => cancellable(signal, () => followRound(request)));
    return answer ?? this.#regular(request, () => cancelRound(request));
  }

  #takeNoted(): readonly PendingEntry[] {
    const noted = this.#noted;
    this.#noted = [];
    return noted;
  }

  async #regular<T>(asked: unknown, call: () => Promise<T>): Promise<T> {
    this.#history?.spend('activity', sizeOf(asked));
    const answer = await call();
    this.#history?.spend('answer', sizeOf(answer));
    return answer;
  }

  async #local<T>(call: () => Promise<T>, tookMs: (answer: T) => number = () => 0): Promise<T> {
    while (this.#yielding) await this.#yielding;
    if (this.#budget.isSpent()) await this.#yield();
    this.#inFlight += 1;
    try {
      const answer = await call();
      const bytes = sizeOf(answer);
      this.#budget.spend(tookMs(answer), bytes);
      this.#history?.spend('local', bytes);
      return answer;
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Nothing new begins where the history is long: the run goes on in another one. */
  #onward(): Promise<void> {
    return this.isLong ? new Promise(() => {}) : Promise.resolve();
  }

  async #yield(): Promise<void> {
    this.#history?.spend('timer');
    const yielded = condition(() => this.#inFlight === 0)
      .then(() => sleep(1))
      .finally(() => {
        this.#budget.renew();
        this.#yielding = undefined;
      });
    this.#yielding = yielded;
    await yielded;
  }
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}

/** Undefined where the signal came first; what was called is then cancelled, and waited for. */
async function cancellable<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const scope = new CancellationScope();
  const cancel = () => scope.cancel();
  signal.addEventListener('abort', cancel);
  try {
    return await scope.run(call);
  } catch (error) {
    if (isCancellation(error) && signal.aborted) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
