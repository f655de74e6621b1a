import type { Entry, PendingEntry } from '../ledger/events.ts';
import type { Digest } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { HostResult } from '../plan/outcomes.ts';
import type { HostTask, RoundRequest } from '../plan/rounds.ts';
import type { Port } from './port.ts';

/** What a host answers when a step comes to it. */
export type Answer = (request: RoundRequest, task: HostTask) => Omit<HostResult, 'host' | 'generation'>;

/**
 * The port with mocks for the world and a clock of its own: waits pass at once when nothing else can happen.
 * The record survives it: a second port over the same `record` is a run that is walked again.
 */
export class FakePort implements Port {
  readonly ledger: Map<string, Entry>;
  readonly rounds: { readonly step: string; readonly hosts: readonly string[] }[] = [];
  readonly #answer: Answer;
  readonly #stored = new Map<string, HostResult>();
  locksTaken: readonly string[] = [];
  #clock = 1_000_000;

  constructor(answer: Answer, record: Map<string, Entry> = new Map()) {
    this.#answer = answer;
    this.ledger = record;
    for (const entry of record.values()) {
      this.#clock = Math.max(this.#clock, entry.at + 3_600_000); // whoever walks it again comes later
      if (entry.kind === 'attempt.ended')
        this.#stored.set(attemptKey(entry.data.step, entry.data.result), entry.data.result);
    }
  }

  get entries(): readonly Entry[] {
    return [...this.ledger.values()];
  }

  kinds(): readonly string[] {
    return this.entries.map((entry) => entry.kind);
  }

  now(): number {
    return this.#clock;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms >= 3_600_000) return untilAborted(signal); // gates: a test answers them, or lets them expire by itself
    await Promise.resolve();
    this.#clock += ms;
  }

  note(entry: PendingEntry): void {
    this.#commit(entry);
  }

  async record(entry: PendingEntry): Promise<Entry> {
    return this.#commit(entry);
  }

  async flush(): Promise<void> {}

  async caughtUp(): Promise<void> {}

  async round(
    request: RoundRequest,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]> {
    await Promise.resolve();
    const fresh: string[] = [];
    const results = request.tasks.map((task): HostResult => {
      const about = { host: task.host, generation: task.generation };
      const key = attemptKey(request.step, about);
      const known = this.#stored.get(key);
      if (known) return known;
      fresh.push(task.host);
      const result = signal.aborted
        ? { ...about, outcome: 'cancelled' as const }
        : { ...this.#answer(request, task), ...about, startedAt: this.#clock, endedAt: this.#clock };
      this.#stored.set(key, result);
      const { run, epoch } = request;
      this.#commit({
        key: `${run}/attempt.ended/${key}`,
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

  #commit(entry: PendingEntry): Entry {
    const known = this.ledger.get(entry.key);
    if (known) return known;
    const stored: Entry = { ...entry, seq: this.ledger.size + 1, at: this.#clock };
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

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
