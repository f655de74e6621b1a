import type { Entry, PendingEntry } from '../ledger/events.ts';
import type { Digest, HostName, StepInstance } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { HostResult } from '../plan/outcomes.ts';
import type { Expr } from '../plan/plan.ts';
import type { HostTask, RoundRequest } from '../plan/rounds.ts';
import type { Port } from './port.ts';

/** What a host answers when a step comes to it. */
export type Answer = (request: RoundRequest, task: HostTask) => Omit<HostResult, 'host' | 'generation'>;

/** A clock of its own: a walk that waits a week takes no time. */
export type MockClock = Pick<Port, 'now' | 'sleep'>;

/** Something that was started on a host. */
export type Launch = { readonly request: RoundRequest; readonly task: HostTask };

/** What the hosts know by themselves: it outlives the walk, and whoever asks again finds it. */
export type MockWorld = { readonly launches: Launch[]; readonly results: Map<string, HostResult> };

export type Mocked = {
  readonly answer: Answer;
  readonly clock: MockClock;
  /** What is recorded already: then this is a run that is walked again. */
  readonly record?: Map<string, Entry>;
  readonly world?: MockWorld;
  /** Told of each condition that is evaluated. */
  readonly saw?: (expr: Expr, held: boolean) => void;
};

/**
 * The port with mocks for the world and a clock of its own. The record survives it: a second port over the same
 * `record` is a run that is walked again, and what its hosts were asked to do they do once.
 */
export class MockPort implements Port {
  readonly ledger: Map<string, Entry>;
  /** What was launched, round by round. */
  readonly rounds: { readonly step: StepInstance; readonly hosts: readonly HostName[] }[] = [];
  readonly saw?: (expr: Expr, held: boolean) => void;
  locksTaken: readonly string[] = [];
  readonly #answer: Answer;
  readonly #clock: MockClock;
  readonly #world: MockWorld;

  constructor({ answer, clock, record = new Map(), world, saw }: Mocked) {
    this.#answer = answer;
    this.#clock = clock;
    this.#world = world ?? { launches: [], results: new Map() };
    this.ledger = record;
    if (saw) this.saw = saw;
    for (const entry of record.values()) {
      if (entry.kind !== 'attempt.ended') continue;
      const { step, result } = entry.data;
      this.#world.results.set(attemptKey(step, result), result);
    }
  }

  get entries(): readonly Entry[] {
    return [...this.ledger.values()];
  }

  kinds(): readonly string[] {
    return this.entries.map((entry) => entry.kind);
  }

  now(): number {
    return this.#clock.now();
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#clock.sleep(ms, signal);
  }

  note(entry: PendingEntry): void {
    this.#commit(entry);
  }

  async record(entry: PendingEntry): Promise<Entry> {
    return this.#commit(entry);
  }

  async flush(): Promise<void> {}

  async rest(): Promise<void> {}

  async caughtUp(): Promise<void> {}

  async round(
    request: RoundRequest,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]> {
    await Promise.resolve();
    const fresh: HostName[] = [];
    const results = request.tasks.map((task): HostResult => {
      const about = { host: task.host, generation: task.generation };
      const known = this.#world.results.get(attemptKey(request.step, about));
      if (!known) fresh.push(task.host);
      const result = known ?? this.#launched(request, task, signal);
      this.#world.results.set(attemptKey(request.step, about), result);
      const { run, epoch } = request;
      this.#commit({
        key: `${run}/attempt.ended/${attemptKey(request.step, about)}`,
        run,
        epoch,
        actor: { kind: 'engine' },
        kind: 'attempt.ended',
        data: { step: request.step, result },
      });
      return result;
    });
    if (fresh.length > 0) this.rounds.push({ step: request.step, hosts: fresh });
    return results;
  }

  async takeLocks(names: readonly string[]): Promise<void> {
    this.locksTaken = names;
  }

  async releaseLocks(): Promise<void> {
    this.locksTaken = [];
  }

  async closeRun(): Promise<void> {}

  async texts(digests: readonly Digest[]): Promise<readonly string[]> {
    return digests;
  }

  async digest(json: Json): Promise<Digest> {
    return `digest of ${JSON.stringify(json)}` as Digest;
  }

  #launched(request: RoundRequest, task: HostTask, signal: AbortSignal): HostResult {
    const about = { host: task.host, generation: task.generation };
    if (signal.aborted) return { ...about, outcome: 'cancelled' };
    this.#world.launches.push({ request, task });
    const at = this.now();
    return { ...this.#answer(request, task), ...about, startedAt: at, endedAt: at };
  }

  #commit(entry: PendingEntry): Entry {
    const known = this.ledger.get(entry.key);
    if (known) return known;
    const stored: Entry = { ...entry, seq: this.ledger.size + 1, at: this.now() };
    this.ledger.set(entry.key, stored);
    return stored;
  }
}

function attemptKey(
  step: string,
  { host, generation }: { readonly host: string; readonly generation: number },
): string {
  return `${step}/${host}/${generation}`;
}
