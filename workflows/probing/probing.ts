import { HoldfastError } from '../../plan/errors.ts';
import { type Value, View } from '../../plan/expressions/values.ts';
import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Expectation, ProbeInput } from '../../plan/probes.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import type { Frame } from '../interpreter/frame.ts';
import type { Ground } from '../interpreter/walk.ts';
import type { Port } from '../port.ts';

/** All that a walk of probes knows of the world: it can ask, and nothing else. */
export type ProbePort = Pick<Port, 'now' | 'texts' | 'saw'> & {
  /** One result for each task: a host that does not answer is one too. */
  ask(request: RoundRequest): Promise<readonly HostResult[]>;
};

/** One plan whose probes are being asked: what all of its steps share. */
export type Probing = Ground & {
  readonly port: ProbePort;
  readonly limits: ProbeInput['limits'];
  /** Milliseconds since the epoch. */
  readonly until: number;
  /** Hosts that did not answer, and why. They are not asked again: each time would be waited for. */
  readonly silent: Map<HostName, string>;
  readonly report: Report;
  /** Why the last expression could not be evaluated, where that is for something that only the run knows. */
  missed: string | undefined;
};

/** A place of the walk, and the first step before it that may change something. What goes on side by side has courses of its own. */
export type Place = { readonly frame: Frame; readonly course: Course };
export type Course = { changed: StepInstance | undefined };

/** What a report may hold; a workflow's answer has its limits. */
const MOST_EXPECTATIONS = 5_000;
/** Rounds of questions: each is a few events of history. */
const MOST_ROUNDS = 500;

/** Gathers what was found out: hosts of one step that are alike stand together. */
export class Report {
  readonly #all = new Map<string, { readonly about: Expectation; readonly hosts: HostName[] }>();
  #rounds = 0;
  #asked = 0;
  #cut = false;

  expect(about: Omit<Expectation, 'hosts'>, hosts: readonly HostName[] = []): void {
    const { step, what, says, behind, values } = about;
    const key = JSON.stringify([step, what, says, about.about, behind, values]);
    const there = this.#all.get(key);
    if (there) there.hosts.push(...hosts);
    else if (this.#all.size < MOST_EXPECTATIONS)
      this.#all.set(key, { about: { ...about, hosts: [] }, hosts: [...hosts] });
    else this.#cut = true;
  }

  /** False where no more may be asked. */
  mayAsk(hosts: number): boolean {
    if (this.#rounds >= MOST_ROUNDS) return false;
    this.#rounds += 1;
    this.#asked += hosts;
    return true;
  }

  get all() {
    const expectations = [...this.#all.values()].map(({ about, hosts }) => ({ ...about, hosts }));
    return { expectations, asked: this.#asked, ...(this.#cut ? { cut: true as const } : {}) };
  }
}

/** What looking at something gave: its value, that only the run will know, or that the run would stop there. */
export type Sight<T> =
  | { readonly is: 'known'; readonly value: T }
  | { readonly is: 'later'; readonly why: string }
  | { readonly is: 'wrong'; readonly why: string };

/** Evaluates. An expression that comes upon something that is not known yet is no error of the runbook's. */
export function seen<T>(walk: Probing, look: () => T): Sight<T> {
  walk.missed = undefined;
  try {
    return { is: 'known', value: look() };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    if (walk.missed !== undefined) return { is: 'later', why: walk.missed };
    return { is: 'wrong', why: error.message };
  }
}

/** What reading a name does that only the run gives a value. */
export function miss(walk: Probing, why: string): never {
  walk.missed = why;
  throw new HoldfastError('value/not-yet', `not known before the run: ${why}`, 'It is known when it runs.');
}

/** A step's fields, where only some are known, or none. */
export function laterView(
  walk: Probing,
  title: string,
  why: string,
  known: (field: string) => Value | undefined = () => undefined,
): View {
  return new View(
    title,
    (field) => known(field) ?? miss(walk, why),
    () => [],
  );
}

/** Undefined: it may be asked. */
export function whyNotNow(walk: Probing): string | undefined {
  if (walk.port.now() < walk.until) return undefined;
  return `there was no time left to ask (${walk.limits.allMs / 1000} s for a plan)`;
}
