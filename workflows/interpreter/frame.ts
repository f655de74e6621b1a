import type { Value } from '../../plan/expressions/values.ts';
import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { Step, Unit } from '../../plan/plan.ts';
import type { StepState } from './step-state.ts';
import type { Gate } from './steps/gate.ts';
import type { Trail } from './trail.ts';

type Binding =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'step'; readonly state: StepState }
  /** In a plan: what only the run will know. It may be known for some hosts; else reading it throws. */
  | { readonly kind: 'later'; readonly read: (here: HostName | undefined) => Value | undefined };

type Around = {
  readonly unit: Unit;
  readonly prefix: string;
  readonly alone: boolean;
  readonly trail: Trail;
  /** Where names that are not bound here are looked up. */
  readonly outer?: Frame;
  /** The frame of the `use` that this one is for: its names can't be seen, its gates count. */
  readonly caller?: Frame;
  /** For a loop's iteration that is one host's. */
  readonly host?: HostName | undefined;
  /** A failure in it is its host's: that takes no part any more, instead of the run being held. */
  readonly leavesOut?: boolean;
  /** What stands beside it is not behind its gates. */
  readonly beside?: boolean;
};

/** The names that steps see at one place of the walk, and the place itself. */
export class Frame {
  readonly unit: Unit;
  /** What stands before the ids of the steps in it: `join[etcd01]/`. */
  readonly prefix: string;
  /** Nothing else of the run goes on beside it. */
  readonly alone: boolean;
  /** What the steps in it have done. */
  readonly trail: Trail;
  readonly #outer: Frame | undefined;
  readonly #caller: Frame | undefined;
  readonly #names: Map<string, Binding>;
  readonly #host: HostName | undefined;
  readonly #leavesOut: boolean;
  readonly #beside: boolean;
  #lastGate: Gate | undefined;

  private constructor(around: Around, names: Map<string, Binding>) {
    this.unit = around.unit;
    this.prefix = around.prefix;
    this.alone = around.alone;
    this.trail = around.trail;
    this.#outer = around.outer;
    this.#caller = around.caller;
    this.#host = around.host;
    this.#leavesOut = around.leavesOut ?? false;
    this.#beside = around.beside ?? false;
    this.#names = names;
  }

  static ofMain(unit: Unit, trail: Trail): Frame {
    return new Frame({ unit, prefix: '', alone: true, trail }, new Map());
  }

  /** That of a unit that a `use` names. */
  static ofUnit(unit: Unit, prefix: string, caller: Frame): Frame {
    return new Frame(
      { unit, prefix, alone: caller.alone, trail: caller.trail.branch(false), caller },
      new Map(),
    );
  }

  /** A loop's iteration: what it binds is its own, what it doesn't bind is looked up outside. `beside`: where its batch's trails are. */
  iteration(
    prefix: string,
    alone: boolean,
    host: HostName | undefined,
    beside: Trail,
    leavesOut = false,
  ): Frame {
    const trail = beside.branch(false);
    const place = { unit: this.unit, prefix, alone: this.alone && alone, trail, outer: this };
    return new Frame({ ...place, host, leavesOut, beside: true }, new Map());
  }

  /** One of several that go on side by side here, with the same names. */
  branch(): Frame {
    const { unit, prefix, alone, trail } = this;
    return new Frame({ unit, prefix, alone, trail, outer: this, beside: true }, this.#names);
  }

  /** The same place as a step saw it when it happened: a later take of the group around may have bound its name anew. */
  asOf(state: StepState): Frame {
    const { unit, prefix, alone, trail } = this;
    const frame = new Frame({ unit, prefix, alone, trail, outer: this }, new Map());
    frame.bindStep(state);
    return frame;
  }

  /** The host whose part of a loop this is, where one of the loops around is for one of these. */
  within(hosts: { has(host: HostName): boolean }): HostName | undefined {
    if (this.#host !== undefined && hosts.has(this.#host)) return this.#host;
    return this.#outer?.within(hosts) ?? this.#caller?.within(hosts);
  }

  /** The host of the nearest loop around, where there is one over hosts. */
  hostOfLoop(): HostName | undefined {
    return this.#host ?? this.#outer?.hostOfLoop() ?? this.#caller?.hostOfLoop();
  }

  /** The host that a failure here leaves out: that of the nearest loop that says how many may fail. */
  leftOutHost(): HostName | undefined {
    if (this.#leavesOut) return this.#host;
    return this.#outer?.leftOutHost() ?? this.#caller?.leftOutHost();
  }

  /** A group's inside: another place with the same names. */
  inside(prefix: string, alone: boolean): Frame {
    const trail = this.trail.branch(!alone);
    return new Frame(
      { unit: this.unit, prefix, alone: this.alone && alone, trail, outer: this },
      this.#names,
    );
  }

  bind(name: string, value: Value): void {
    this.#names.set(name, { kind: 'value', value });
  }

  bindStep(state: StepState): void {
    this.#names.set(state.step.id, { kind: 'step', state });
  }

  bindLater(name: string, read: (here: HostName | undefined) => Value | undefined): void {
    this.#names.set(name, { kind: 'later', read });
  }

  find(name: string): Binding | undefined {
    return this.#names.get(name) ?? this.#outer?.find(name);
  }

  /** A step here; `take` counts how often a person asked for it as a whole. */
  instance(step: Step, take: number): StepInstance {
    return `${this.prefix}${step.id}${take > 1 ? `~${take}` : ''}` as StepInstance;
  }

  /** Steps after the group around here stand behind the gate as well. */
  passed(gate: Gate): void {
    this.#lastGate = gate;
    if (!this.#beside) this.#outer?.passed(gate);
  }

  /** What comes after these, branches or iterations, stands behind their gates: behind the last one's first, whichever was passed last. */
  joined(over: readonly Frame[]): void {
    for (const one of over) if (one.#lastGate) this.passed(one.#lastGate);
  }

  /** The nearest gate that was passed before here, in this unit or in a caller. */
  gate(): Gate | undefined {
    return this.#lastGate ?? this.#outer?.gate() ?? this.#caller?.gate();
  }
}
