import type { EntryOf, PendingEntry } from '../../ledger/events.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { HostFinder } from '../../plan/expressions/encoding.ts';
import { HostValue } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { PlanHost } from '../../plan/plan.ts';
import type { Question } from '../../plan/probes.ts';
import type { HostTask, LookedFor, RoundRequest } from '../../plan/rounds.ts';
import { type Keeps, keepsOf } from '../../plan/sensitive.ts';
import { jobLimits, type Lost } from '../jobs/jobSpec.ts';
import type { Call, Redaction, RoundsParts, SecretsOfRun } from './context.ts';
import { noSecrets } from './context.ts';
import type { Gate } from './gate.ts';
import { attemptEndedKey, attemptStartedKey, placeKey, probeEndedKey } from './keys.ts';
import type { Known } from './known.ts';
import type { PlanView, Texts } from './texts.ts';
import type { Tidier } from './tidier.ts';
import type { Watching } from './watching.ts';

/** A result in history is at most this large; a round's answer is measured against it. */
export const answerBytes = 256 * 1024;
/** What a result takes beside its outputs, amply. */
const resultBytes = 900;

/** How a task ended in this call: settled and recorded, or running on. */
export type TaskEnd = HostResult | 'running';

/** One call of an activity for one round: what its tasks share. */
export class Round {
  readonly request: RoundRequest;
  readonly parts: RoundsParts;
  readonly call: Call;
  /** When to answer `running` for what runs on. Milliseconds since the epoch. */
  readonly until: number;
  readonly texts: Texts;
  readonly known: Known;
  readonly gate: Gate;
  readonly tidier: Tidier;
  readonly plan: PlanView;
  readonly secrets: SecretsOfRun;
  /** What may be kept of what is printed or answered. */
  readonly keeps: Keeps;
  /** Undefined: nobody watches. */
  readonly watch: Watching | undefined;
  readonly #lost = new Map<HostName, Lost>();
  readonly #entries: Awaited<ReturnType<RoundsParts['ledger']['find']>>;
  #first: readonly PendingEntry[];

  constructor(round: {
    readonly request: RoundRequest;
    readonly parts: RoundsParts;
    readonly call: Call;
    readonly until: number;
    readonly texts: Texts;
    readonly known: Known;
    readonly gate: Gate;
    readonly tidier: Tidier;
    readonly plan: PlanView;
    readonly entries: Awaited<ReturnType<RoundsParts['ledger']['find']>>;
    readonly first: readonly PendingEntry[];
    readonly watch: Watching | undefined;
  }) {
    this.request = round.request;
    this.parts = round.parts;
    this.call = round.call;
    this.until = round.until;
    this.texts = round.texts;
    this.known = round.known;
    this.gate = round.gate;
    this.tidier = round.tidier;
    this.plan = round.plan;
    this.secrets = round.parts.secrets?.(round.request.run) ?? noSecrets;
    this.keeps = keepsOf(round.request);
    this.#entries = round.entries;
    this.#first = round.first;
    this.watch = round.watch;
  }

  now(): number {
    return this.parts.clock.now();
  }

  host(task: HostTask): PlanHost | undefined {
    return this.plan.hosts.get(task.host);
  }

  readonly findHost: HostFinder = (name) => {
    return this.plan.hosts.has(name as HostName) ? new HostValue(name as HostName) : undefined;
  };

  /** Over everything that is stored, answered or said of this round. */
  get redaction(): Redaction {
    return this.secrets.masking;
  }

  /** Finds what the plan may use, so that it is masked wherever it shows; what can't be found can't show. */
  async findAll(): Promise<void> {
    const { secrets } = this;
    const opening = this.plan.seals ? [secrets.openAll()] : [];
    await Promise.all([...opening, ...this.plan.secrets.map((reference) => secrets.find(reference))]);
  }

  /** Where it is kept since when the host of this job is lost. */
  lost(task: HostTask, job: string): Lost {
    const lost = this.known.lost(job);
    this.#lost.set(task.host, lost);
    return lost;
  }

  /** Hosts that can't be asked now what became of what was started on them. */
  lookedFor(): readonly LookedFor[] {
    const { step } = this.request;
    return [...this.#lost].flatMap(([host, { since, why = '' }]) =>
      since === 0 ? [] : [{ step, host, since, until: since + jobLimits.reattach, why }],
    );
  }

  /** Bytes for the inline outputs of one host, so that the whole answer stays within its size. */
  get budget(): number {
    return Math.max(0, Math.floor(answerBytes / this.request.tasks.length) - resultBytes);
  }

  ended(task: HostTask, generation = task.generation): EntryOf<'attempt.ended' | 'probe.ended'> | undefined {
    const { run, step, probe } = this.request;
    if (probe !== undefined) {
      const entry = this.#entries.get(probeEndedKey(run, step, task.host));
      return entry?.kind === 'probe.ended' ? entry : undefined;
    }
    const entry = this.#entries.get(attemptEndedKey(run, step, task.host, generation));
    return entry?.kind === 'attempt.ended' ? entry : undefined;
  }

  started(task: HostTask): EntryOf<'attempt.started'> | undefined {
    const { run, step } = this.request;
    const entry = this.#entries.get(attemptStartedKey(run, step, task.host, task.generation));
    return entry?.kind === 'attempt.started' ? entry : undefined;
  }

  place(task: HostTask): EntryOf<'place.chosen'>['data'] | undefined {
    const entry = this.#entries.get(placeKey(this.request.run, task.host));
    return entry?.kind === 'place.chosen' ? entry.data : undefined;
  }

  /** Commits, and answers what is stored. What the workflow wants recorded first goes with the first of them. */
  async append(entries: readonly PendingEntry[]) {
    const first = this.#first;
    this.#first = [];
    const stored = await this.parts.ledger.append([...first, ...entries]);
    return stored.slice(first.length);
  }

  /** Commits what the workflow wants recorded first, unless it is. */
  async flush(): Promise<void> {
    if (this.#first.length > 0) await this.append([]);
  }

  /** Without a job: nothing was launched under this generation, and nothing may be. */
  async recordStarted(
    task: HostTask,
    data: { readonly job?: string; readonly boot?: string },
  ): Promise<EntryOf<'attempt.started'>> {
    const { run, step, epoch } = this.request;
    const { host, generation } = task;
    const [stored] = await this.append([
      {
        key: attemptStartedKey(run, step, host, generation),
        run,
        epoch,
        actor: { kind: 'engine' },
        kind: 'attempt.started',
        data: { step, host, generation, ...data },
      },
    ]);
    if (stored?.kind !== 'attempt.started') throw unanswered('attempt.started');
    return stored;
  }

  /** The end of an attempt is what the ledger says it is: also where somebody else recorded another one first. */
  async recordEnded(task: HostTask, result: HostResult): Promise<HostResult> {
    const { run, step, epoch, probe } = this.request;
    if (probe !== undefined) return this.#recordProbed(task, probe, result);
    const [stored] = await this.append([
      {
        key: attemptEndedKey(run, step, task.host, task.generation),
        run,
        epoch,
        actor: { kind: 'engine' },
        kind: 'attempt.ended',
        data: { step, result },
      },
    ]);
    if (stored?.kind !== 'attempt.ended') throw unanswered('attempt.ended');
    return stored.data.result;
  }

  async #recordProbed(task: HostTask, of: Question, result: HostResult): Promise<HostResult> {
    const { run, step, epoch } = this.request;
    const [stored] = await this.append([
      {
        key: probeEndedKey(run, step, task.host),
        run,
        epoch,
        actor: { kind: 'engine' },
        kind: 'probe.ended',
        data: { step, of, result },
      },
    ]);
    if (stored?.kind !== 'probe.ended') throw unanswered('probe.ended');
    return stored.data.result;
  }

  /** Looks again. */
  async endedNow(task: HostTask): Promise<HostResult | undefined> {
    const { run, step } = this.request;
    const key = attemptEndedKey(run, step, task.host, task.generation);
    const entry = (await this.parts.ledger.find([key])).get(key);
    return entry?.kind === 'attempt.ended' ? entry.data.result : undefined;
  }

  /** The place that another worker has chosen meanwhile. It is recorded before any attempt is. */
  async placeNow(task: HostTask): Promise<EntryOf<'place.chosen'>['data']> {
    const key = placeKey(this.request.run, task.host);
    const entry = (await this.parts.ledger.find([key])).get(key);
    if (entry?.kind !== 'place.chosen') throw unanswered('place.chosen');
    return entry.data;
  }
}

function unanswered(kind: string): HoldfastError {
  return new HoldfastError(
    'rounds/no-entry',
    `The ledger answered nothing for an entry of kind ${kind}.`,
    'Look whether the ledger was changed by hand; holdfast doctor checks it.',
  );
}

/** The keys that say what is known of a round's tasks, older generations included. */
export function keysOf(request: RoundRequest): readonly string[] {
  const { run, step, probe } = request;
  if (probe !== undefined) return request.tasks.map(({ host }) => probeEndedKey(run, step, host));
  return request.tasks.flatMap(({ host, generation }) => [
    placeKey(run, host),
    attemptStartedKey(run, step, host, generation),
    ...Array.from({ length: generation + 1 }, (_, older) => attemptEndedKey(run, step, host, older)),
  ]);
}
