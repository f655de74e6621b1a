import type { Entry, EventKind, PendingEntry } from '../ledger/events.ts';
import type { HostName, RunId, StepInstance } from '../plan/ids.ts';
import type { HostResult } from '../plan/outcomes.ts';

/** What a walk that is repeated needs of an entry: its data, some of it, that it stands there, or nothing. */
const NEEDED: Readonly<Record<EventKind, 'data' | 'result' | 'hosts' | 'key' | 'nothing'>> = {
  'generation.opened': 'data',
  'gate.opened': 'data',
  'operator.applied': 'data',
  'operator.refused': 'data',
  'operator.expired': 'data',
  'attempt.ended': 'result',
  'run.started': 'key',
  'run.held': 'key',
  'run.paused': 'key',
  'run.resumed': 'key',
  'rollback.started': 'key',
  'step.started': 'hosts',
  'step.ended': 'key',
  'unknown.resolved': 'key',
  'value.set': 'key',
  'wait.started': 'data',
  'plan.compiled': 'nothing',
  'probe.ended': 'nothing',
  'run.requested': 'nothing',
  'run.continued': 'nothing',
  'run.ended': 'nothing',
  'lock.taken': 'nothing',
  'lock.released': 'nothing',
  'place.chosen': 'nothing',
  'attempt.started': 'nothing',
  'operator.asked': 'nothing',
};

/** The kinds of entries that a past is made of. */
export const RECALLED: readonly EventKind[] = Object.keys(NEEDED).filter(
  (kind): kind is EventKind => NEEDED[kind as EventKind] !== 'nothing',
);

/** A part of a run's past, in the order of the record. Small enough for one answer in history. */
export type PastPage = {
  readonly entries: readonly Entry[];
  readonly results: readonly { readonly step: StepInstance; readonly result: HostResult }[];
  /** Hosts of the steps that began. */
  readonly steps: readonly { readonly step: StepInstance; readonly hosts: readonly HostName[] }[];
  /** Of the other entries that a walk only notes. */
  readonly keys: readonly string[];
  /** Ask again for what comes after this `seq`; undefined: this was all. */
  readonly next?: number;
};

/** What a page may take of history; a single entry that is larger has a page of its own. */
const PAGE_BYTES = 200 * 1024;

/** Adds up entries until a page is full. */
export class PageMaker {
  readonly #entries: Entry[] = [];
  readonly #results: PastPage['results'][number][] = [];
  readonly #steps: PastPage['steps'][number][] = [];
  readonly #keys: string[] = [];
  #bytes = 0;
  #last = 0;

  /** False where it has no room any more: then it belongs to the next page. */
  add(entry: Entry): boolean {
    const part = partOf(entry);
    const bytes = JSON.stringify(part).length;
    if (this.#bytes > 0 && this.#bytes + bytes > PAGE_BYTES) return false;
    this.#bytes += bytes;
    this.#last = entry.seq;
    if (typeof part === 'string') this.#keys.push(part);
    else if ('result' in part) this.#results.push(part);
    else if ('hosts' in part) this.#steps.push(part);
    else this.#entries.push(part);
    return true;
  }

  page(isLast: boolean): PastPage {
    const page = {
      entries: this.#entries,
      results: this.#results,
      steps: this.#steps,
      keys: this.#keys,
    };
    return isLast ? page : { ...page, next: this.#last };
  }
}

function partOf(entry: Entry): Entry | PastPage['results'][number] | PastPage['steps'][number] | string {
  if (entry.kind === 'attempt.ended') return { step: entry.data.step, result: slim(entry.data.result) };
  if (entry.kind === 'step.started') return { step: entry.data.step, hosts: entry.data.hosts };
  // What a gate shows may be large; a walk that comes to it again has it already.
  if (entry.kind === 'gate.opened') return { ...entry, data: { ...entry.data, shown: null } };
  return NEEDED[entry.kind] === 'data' ? entry : entry.key;
}

/** Without what only people read: the walk decides by none of it. */
function slim({ out: _, err: __, evidence: ___, place: ____, ...result }: HostResult): HostResult {
  return result;
}

/**
 * What a run that is walked again did before: what its earlier walks were answered, by the keys of the record. Each answer
 * is handed out once and forgotten, so that it takes no memory for longer than the walk is behind.
 */
export class Past {
  readonly #entries = new Map<string, Entry>();
  readonly #results = new Map<string, HostResult>();
  readonly #steps = new Map<StepInstance, readonly HostName[]>();
  readonly #keys = new Set<string>();
  /** What people were answered, in the order of the record. */
  readonly answers: Entry[] = [];

  add({ entries, results, steps, keys }: PastPage): void {
    for (const entry of entries) {
      if (entry.kind.startsWith('operator.')) this.answers.push(entry);
      else this.#entries.set(entry.key, entry);
    }
    for (const { step, result } of results) this.#results.set(attemptOf(step, result), result);
    for (const { step, hosts } of steps) this.#steps.set(step, hosts);
    for (const key of keys) this.#keys.add(key);
  }

  /** Whether this step began, or was passed over because its `when` did not hold. */
  hasBegun(run: RunId, step: StepInstance): boolean {
    return this.#steps.has(step) || this.#keys.has(`${run}/step.ended/${step}`);
  }

  /** The hosts that the step was for when it began; undefined where it did not. */
  hostsOf(step: StepInstance): readonly HostName[] | undefined {
    return this.#steps.get(step);
  }

  hasResult(step: StepInstance, about: Attempt): boolean {
    return this.#results.has(attemptOf(step, about));
  }

  /** Whether the run came beyond its locks. */
  get hasStarted(): boolean {
    return this.#steps.size > 0;
  }

  /** Whether an entry stands in the record that the walk only notes. */
  takeNoted({ kind, key, data }: PendingEntry): boolean {
    return kind === 'step.started' ? this.#steps.delete(data.step) : this.#keys.delete(key);
  }

  takeEntry(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry;
  }

  takeResult(step: StepInstance, about: Attempt): HostResult | undefined {
    const attempt = attemptOf(step, about);
    const result = this.#results.get(attempt);
    this.#results.delete(attempt);
    return result;
  }
}

export type Attempt = { readonly host: HostName; readonly generation: number };

function attemptOf(step: StepInstance, { host, generation }: Attempt): string {
  return `${step} ${host} ${generation}`;
}
