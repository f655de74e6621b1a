import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  sleep,
} from '@temporalio/workflow';
import type { Entry, PendingEntry } from '../ledger/events.ts';
import type { Digest } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { HostResult } from '../plan/outcomes.ts';
import type { Plan } from '../plan/plan.ts';
import type { RoundAnswer, RoundRequest } from '../plan/rounds.ts';
import type { RunInput } from './input.ts';
import type { Activities, Port } from './port.ts';
import { DEFAULT_ZONE, followQueue, zoneQueue } from './queues.ts';
import { saidToTake, YieldBudget } from './yield-budget.ts';

/** More hosts than this take longer than a local activity may. */
const LOCAL_HOSTS = 25;

const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
/** No attempt limit: what is asked for is either done already or must be done; the job protocol makes asking again safe. */
const FOR_EVER = { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '10s' } as const;

const ledger = proxyLocalActivities<
  Pick<Activities, 'record' | 'recall' | 'loadPlan' | 'loadTexts' | 'digest'>
>({
  startToCloseTimeout: '10s',
  localRetryThreshold: '1m',
  retry: FOR_EVER,
  cancellationType: WAIT,
});

/** It limits itself to two seconds; the timeout and the one attempt are the safety net, after which the regular way is gone. */
const short = proxyLocalActivities<Pick<Activities, 'startRoundLocal'>>({
  startToCloseTimeout: '3s',
  retry: { maximumAttempts: 1 },
  cancellationType: WAIT,
});

function rounds(zone: string) {
  return proxyActivities<Pick<Activities, 'startRound'>>({
    taskQueue: zoneQueue(zone),
    startToCloseTimeout: '2m',
    heartbeatTimeout: '5s',
    retry: FOR_EVER,
    cancellationType: WAIT,
  });
}

function followers(zone: string) {
  return proxyActivities<Pick<Activities, 'followRound' | 'cancelRound'>>({
    taskQueue: followQueue(zone),
    startToCloseTimeout: '1h',
    heartbeatTimeout: '5s',
    retry: FOR_EVER,
    cancellationType: WAIT,
  });
}

const locks = proxyActivities<Pick<Activities, 'acquireLocks' | 'releaseLocks'>>({
  taskQueue: zoneQueue(DEFAULT_ZONE),
  startToCloseTimeout: '30d',
  heartbeatTimeout: '5s',
  retry: FOR_EVER,
  cancellationType: WAIT,
});

/** Few attempts in a short time: a host that is gone, or a zone without a worker, doesn't hold the run open. */
function closers(zone: string) {
  return proxyActivities<Pick<Activities, 'closeRun'>>({
    taskQueue: zoneQueue(zone),
    scheduleToCloseTimeout: '1m',
    startToCloseTimeout: '45s',
    heartbeatTimeout: '5s',
    retry: { maximumAttempts: 3 },
    cancellationType: WAIT,
  });
}

/** The interpreter's port on Temporal. */
export class TemporalPort implements Port {
  readonly #input: RunInput;
  #noted: PendingEntry[] = [];
  #inFlight = 0;
  #yielding: Promise<void> | undefined;
  readonly #budget = new YieldBudget();

  constructor(input: RunInput) {
    this.#input = input;
  }

  now(): number {
    return Date.now();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.flush();
    await cancellable(signal, () => sleep(ms));
  }

  note(entry: PendingEntry): void {
    this.#noted.push(entry);
  }

  async record(entry: PendingEntry): Promise<Entry> {
    const entries = [...this.#takeNoted(), entry];
    const stored = await this.#local(() => ledger.record(entries));
    const last = stored.at(-1);
    if (!last) throw new Error(`the ledger answered nothing for ${entry.key}`);
    return last;
  }

  async loadPlan(): Promise<Plan> {
    return this.#local(() => ledger.loadPlan(this.#input.plan));
  }

  async recall(): Promise<readonly Entry[]> {
    return this.#local(() => ledger.recall(this.#input.run));
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
    if (this.#noted.length === 0) return;
    const entries = this.#takeNoted();
    await this.#local(() => ledger.record(entries));
  }

  async round(
    request: RoundRequest,
    options: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]> {
    const settled: HostResult[] = [];
    let answer = await this.#start(request, options);
    for (;;) {
      settled.push(...answer.settled);
      const { running } = answer;
      if (running.length === 0) return settled;
      const rest = { ...request, tasks: request.tasks.filter((task) => running.includes(task.host)) };
      answer = await this.#follow(rest, options.signal);
    }
  }

  async takeLocks(names: readonly string[], signal: AbortSignal): Promise<void> {
    await this.flush();
    const { run, epoch } = this.#input;
    await cancellable(signal, () => locks.acquireLocks({ run, epoch, names }));
  }

  async releaseLocks(): Promise<void> {
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
    const first = this.#takeNoted();
    if (alone && request.zone === DEFAULT_ZONE && request.tasks.length <= LOCAL_HOSTS) {
      try {
        return await this.#local(() => short.startRoundLocal(request, first), saidToTake);
      } catch (error) {
        if (isCancellation(error)) throw error;
        // It ran into the safety net; what it began is found again by the regular way.
      }
    }
    return rounds(request.zone).startRound(request, first);
  }

  async #follow(request: RoundRequest, signal: AbortSignal): Promise<RoundAnswer> {
    const { followRound, cancelRound } = followers(request.zone);
    const answer = await cancellable(signal, () => followRound(request));
    return answer ?? cancelRound(request);
  }

  #takeNoted(): readonly PendingEntry[] {
    const noted = this.#noted;
    this.#noted = [];
    return noted;
  }

  async #local<T>(call: () => Promise<T>, tookMs: (answer: T) => number = () => 0): Promise<T> {
    while (this.#yielding) await this.#yielding;
    if (this.#budget.isSpent()) await this.#yield();
    this.#inFlight += 1;
    try {
      const answer = await call();
      this.#budget.spend(tookMs(answer), JSON.stringify(answer)?.length ?? 0);
      return answer;
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #yield(): Promise<void> {
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
