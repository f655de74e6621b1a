import type { Entry } from '../../ledger/events.ts';
import { askEndKey } from '../../ledger/keys.ts';
import { digest, type HostName } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { HostSet, Loop, OnFailure, RunStep, Step, Unit } from '../../plan/plan.ts';
import type { Answer } from '../port.fake.ts';
import type { Person, Story } from './continued.fixture.ts';
import { cel, gateStep, hosts, once, planOf, runStep, template } from './walk.fixture.ts';

/** Numbers out of a text, the same every time and everywhere: FNV-1a, mixed once more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d) >>> 0;
  return (value ^ (value >>> 12)) >>> 0;
}

/** Makes a plan with every kind of step, and what its hosts and a person answer: by the seed, and never by who asks when. */
export function storyOf(seed: number, options: { readonly dropsBeside?: boolean } = {}): Story {
  const { steps, units } = new Author(seed, options.dropsBeside === true).plan();
  return {
    plan: planOf(steps, {}, units),
    answer: answersOf(seed),
    person: personOf(seed),
  };
}

class Author {
  readonly #seed: number;
  readonly #dropsBeside: boolean;
  #drawn = 0;
  #named = 0;
  readonly #units: { [name: string]: Unit } = {};

  constructor(seed: number, dropsBeside: boolean) {
    this.#seed = seed;
    this.#dropsBeside = dropsBeside;
  }

  plan(): { readonly steps: readonly Step[]; readonly units: { readonly [name: string]: Unit } } {
    return { steps: this.#sequence(4, 2, false, []), units: this.#units };
  }

  #below(limit: number): number {
    this.#drawn += 1;
    return hash(`${this.#seed}/${this.#drawn}`) % limit;
  }

  #one<T>(...among: readonly T[]): T {
    return among[this.#below(among.length)] as T;
  }

  /** `seen`: steps on hosts that happened before, whose outputs may be read. */
  #sequence(most: number, deep: number, beside: boolean, seen: readonly string[]): readonly Step[] {
    const before = [...seen];
    return Array.from({ length: 1 + this.#below(most) }, () => {
      const step = this.#step(deep, beside, before);
      if (step.kind === 'run') before.push(step.id);
      return step;
    });
  }

  #step(deep: number, beside: boolean, seen: readonly string[]): Step {
    this.#named += 1;
    const id = `s${this.#named}`;
    switch (deep > 0 ? this.#below(9) : this.#below(6)) {
      case 0:
        return gateStep(id, { show: seen, expiresMs: 365 * 86_400_000 });
      case 1:
        return { ...once, id, kind: 'set', values: [['v', cel(this.#value(seen))]], choose: [] };
      case 2:
        return this.#waiting(id, beside, seen);
      case 6:
        return this.#group(id, deep, beside, seen);
      case 7:
        return this.#loop(id, deep, beside, seen);
      case 8:
        return this.#use(id, deep, beside);
      default:
        return this.#run(id, beside, seen);
    }
  }

  #waiting(id: string, beside: boolean, seen: readonly string[]): Step {
    const expiresMs = 365 * 86_400_000;
    return this.#one<() => Step>(
      () => ({ ...once, id, kind: 'wait', time: 1_000 * this.#below(5) }),
      () => ({ ...once, id, kind: 'manual', task: ['By hand.'], by: [], show: seen, expiresMs }),
      () => this.#run(id, beside, seen),
      () => this.#run(id, beside, seen),
    )();
  }

  #group(id: string, deep: number, beside: boolean, seen: readonly string[]): Step {
    const parallel = this.#one(true, false);
    const steps = parallel
      ? Array.from({ length: 2 }, () => this.#step(deep - 1, true, seen))
      : this.#sequence(3, deep - 1, beside, seen);
    return { ...once, id, kind: 'group', steps, parallel };
  }

  #loop(id: string, deep: number, beside: boolean, seen: readonly string[]): Step {
    const parallel = this.#one(true, false);
    const steps = this.#sequence(2, deep - 1, beside || parallel, seen);
    return { ...once, id, kind: 'group', steps, parallel: false, loop: this.#over(parallel, beside) };
  }

  #over(parallel: boolean, beside: boolean): Loop {
    if (this.#one(true, false))
      return { over: 'list', list: cel('["x", "y"]'), as: `item${this.#named}`, parallel };
    const serial = parallel ? {} : { serial: { hosts: 1 } };
    const mayDrop = this.#dropsBeside || !(beside || parallel);
    const most = mayDrop && this.#one(true, false) ? { maxFailures: { hosts: this.#below(3) } } : {};
    return { over: 'hosts', on: this.#on(), as: `member${this.#named}`, ...serial, ...most };
  }

  #use(id: string, deep: number, beside: boolean): Step {
    const name = `unit-${id}`;
    const steps = this.#sequence(2, deep - 1, beside, []);
    this.#units[name] = {
      name,
      inputs: {},
      hostVars: [],
      steps,
      outputs: { size: cel('1 + 1') },
      report: [],
    };
    const loop = this.#one(true, false) ? { loop: this.#over(false, beside) } : {};
    return { ...once, id, kind: 'use', unit: name, with: {}, ...loop };
  }

  #run(id: string, beside: boolean, seen: readonly string[]): RunStep {
    const mayDrop = !beside || this.#dropsBeside;
    const policies: readonly OnFailure[] = mayDrop
      ? ['hold', 'hold', 'continue', 'rollback']
      : ['hold', 'hold'];
    const rollback = { script: { sha256: digest(`undo ${id}`), shell: 'sh', includes: [] }, env: {} };
    return runStep(id, {
      on: this.#on(),
      effect: this.#one('read', 'change', 'change', 'destroy'),
      onFailure: this.#one(...policies),
      mayFail: this.#below(8) === 0,
      onUnknown: this.#one('ask', 'ask', 'retry', 'fail'),
      outputs: { n: { type: { kind: 'int' } } },
      env: this.#one(true, false) ? { N: template(this.#value(seen)) } : {},
      ...this.#one<Partial<RunStep>>({}, {}, { serial: { hosts: 1 } }, { any: true }),
      ...this.#one<Partial<RunStep>>({}, { retry: { times: 2, everyMs: 1_000, backoff: 2 } }),
      ...this.#one<Partial<RunStep>>({}, {}, { when: cel('host.name != "b"') }),
      ...this.#one<Partial<RunStep>>(
        {},
        {},
        { check: [{ words: 'enough', holds: cel(`${id}.n > 1`), figures: [`${id}.n`] }] },
        { check: [{ words: 'any', holds: cel(`size(${id}.rows) > 0`), figures: [] }] },
      ),
      ...this.#one<Partial<RunStep>>({}, { rollback }),
      ...(mayDrop ? this.#one<Partial<RunStep>>({}, {}, { maxFailures: { hosts: 1 } }) : {}),
    });
  }

  #on(): HostSet {
    const some = this.#one(hosts.slice(0, 1), hosts.slice(1, 2), hosts.slice(0, 2), hosts);
    return [{ op: 'add', of: { hosts: some } }];
  }

  #value(seen: readonly string[]): string {
    const step = seen.at(-1 - this.#below(2));
    return step === undefined ? '40 + 2' : this.#one(`size(${step}.rows)`, `${step}.results.map(r, r.n)`);
  }
}

function answersOf(seed: number): Answer {
  return ({ step }, { host, generation }) => {
    const drawn = hash(`${seed}/${step}/${host}/${generation}`);
    const rc = drawn % 4 === 0 ? {} : { rc: 1 };
    return {
      ...rc,
      outcome: outcomeOf(drawn, generation),
      outputs: { n: drawn % 10 },
      transient: drawn % 3 === 0,
    };
  };
}

function outcomeOf(drawn: number, generation: number): HostResult['outcome'] {
  if (generation > 2) return 'succeeded';
  switch (drawn % 12) {
    case 0:
    case 1:
      return 'failed';
    case 2:
      return 'unknown';
    case 3:
      return 'unchanged';
    default:
      return 'succeeded';
  }
}

function personOf(seed: number): Person {
  return ({ id, offers, step }, record) => {
    const drawn = hash(`${seed}/${id}`);
    if (offers.includes('approve'))
      return drawn % 5 === 0 ? { kind: 'reject', step } : { kind: 'approve', step };
    if (offers.includes('confirm'))
      return drawn % 5 === 0 ? { kind: 'reject', step } : { kind: 'confirm', step };
    const held = record.get(`r1/run.held/${id}`);
    const started = record.get(`r1/step.started/${step}`);
    const isFor = started?.kind === 'step.started' ? started.data.hosts : [];
    // A loop is held for hosts, too, and has no outputs to be given.
    const isOnHosts = held?.kind === 'run.held' && held.data.hosts.length > 0 && isFor.length > 0;
    const given = isOnHosts && !step.endsWith('/rollback') ? { outputs: { n: 5 } } : {};
    const host = offers.includes('resolve') ? unknownAt(record, id) : undefined;
    if (host !== undefined) {
      const words = ['succeeded', 'failed', ...(isAborted(record) ? [] : (['run_again'] as const))] as const;
      const as = words[drawn % words.length] ?? 'failed';
      return { kind: 'resolve', step, host, as, ...given };
    }
    if (!offers.includes('skip') || drawn % 2 === 0) return { kind: 'retry', step };
    return { kind: 'skip', step, ...given };
  };
}

/** Then nothing is run again any more. */
function isAborted(record: ReadonlyMap<string, Entry>): boolean {
  const taken = record.get(askEndKey('unasked'));
  return taken?.kind === 'operator.applied' && taken.data.action.kind === 'abort';
}

/** The first of the held hosts whose last attempt is unknown. */
function unknownAt(record: ReadonlyMap<string, Entry>, point: string): HostName | undefined {
  const held = record.get(`r1/run.held/${point}`);
  if (held?.kind !== 'run.held') return undefined;
  return held.data.hosts.find((host) => {
    const last = [...record.values()]
      .flatMap((entry) =>
        entry.kind === 'attempt.ended' &&
        entry.data.step === held.data.step &&
        entry.data.result.host === host
          ? [entry.data.result]
          : [],
      )
      .toSorted((a, b) => b.generation - a.generation)[0];
    const isResolved = last && record.has(`r1/unknown.resolved/${held.data.step}/${host}/${last.generation}`);
    return last?.outcome === 'unknown' && !isResolved;
  });
}
