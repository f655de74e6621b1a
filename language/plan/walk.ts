import type { Complaints } from '../../plan/complaints.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Expr, HostSet, Step, Unit } from '../../plan/plan.ts';
import { NOWHERE, type Reach, type ReachContext, type Reaches, reachOfExpr, reachOfSet } from './reach.ts';

/** What a run can touch, found by walking its plan with what is known of its inputs. */
export type Footprint = {
  /** Hosts that any step names. */
  readonly hosts: ReadonlySet<HostName>;
  /** Hosts that a change or destroy step may touch. */
  readonly changed: ReadonlySet<HostName>;
  /** Some change or destroy step's host is known only at run time, and may be any host of the run. */
  readonly changesAnything: boolean;
  /** Free names that some runbook of the run locks. */
  readonly freeLocks: ReadonlySet<string>;
};

export type WalkRequest = {
  readonly main: Unit;
  readonly units: ReadonlyMap<string, Unit>;
  readonly inputs: Reaches;
  readonly order: readonly HostName[];
  readonly sets: ReadonlyMap<Expr, HostSet>;
  /** What each unit says in `locks`: names of its inputs, or free names. */
  readonly locks: ReadonlyMap<string, readonly string[]>;
  /** Whether the run begins here; then a step that destroys without a gate is an error. */
  readonly whole: boolean;
};

/** A gate that was passed, and under which conditions it is asked at all. */
type Gate = { readonly conditions: readonly string[] };
type Place = {
  readonly unit: Unit;
  /** Tells conditions of one call of a unit from those of another. */
  readonly call: string;
  readonly conditions: readonly string[];
  readonly on: Reach;
};

/** A runbook that uses others which use others would otherwise be walked for ever. */
const MOST_CALLS = 5_000;

export function walkPlan(request: WalkRequest, complaints: Complaints): Footprint {
  const hosts = new Set<HostName>();
  const changed = new Set<HostName>();
  let changesAnything = false;
  const freeLocks = new Set<string>();
  let calls = 0;
  for (const reach of request.inputs.values()) for (const host of reach.hosts) hosts.add(host);
  lock(request.main, request.inputs);
  walkSteps(
    request.main.steps,
    { unit: request.main, call: '', conditions: [], on: NOWHERE },
    new Map(request.inputs),
    [],
  );
  return { hosts, changed, changesAnything, freeLocks };

  function lock(unit: Unit, names: Reaches): void {
    for (const name of request.locks.get(unit.name) ?? []) {
      const reach = names.get(name);
      if (reach === undefined && unit.inputs[name] === undefined) freeLocks.add(name);
      for (const host of reach?.hosts ?? []) changed.add(host);
      changesAnything ||= reach?.anything ?? false;
    }
  }

  /** `names` and `gates` grow, as later steps know of earlier ones. */
  function walkSteps(
    steps: readonly Step[],
    place: Place,
    names: Map<string, Reach>,
    gates: Gate[],
    parallel = false,
  ): void {
    const before = [...gates];
    for (const step of steps)
      walkStep(step, place, names, parallel ? [...before] : gates, parallel ? gates : undefined);
  }

  function walkStep(
    step: Step,
    outer: Place,
    names: Map<string, Reach>,
    gates: Gate[],
    beside?: Gate[],
  ): void {
    const conditions =
      step.when === undefined ? outer.conditions : [...outer.conditions, `${outer.call}: ${step.when.cel}`];
    const place = { ...outer, conditions };
    const context: ReachContext = { names, order: request.order, sets: request.sets };
    switch (step.kind) {
      case 'run':
      case 'http':
      case 'copy': {
        const reach = reachOfSet(step.on, context);
        for (const host of reach.hosts) hosts.add(host);
        if (step.kind === 'copy' && step.from.kind === 'host')
          for (const host of reachOfSet(step.from.host, context).hosts) hosts.add(host);
        if (step.effect !== 'read') {
          for (const host of reach.hosts) changed.add(host);
          changesAnything ||= reach.anything;
          if (reach.anything && request.whole) warnOfAnywhere(step);
        }
        if (step.effect === 'destroy') needGate(step, conditions, gates);
        names.set(step.id, { ...reach, exact: false });
        return;
      }
      case 'set':
        for (const [name, value] of step.values) names.set(name, reachOfExpr(value, { ...context, names }));
        return;
      case 'check':
      case 'manual':
      case 'wait':
        return;
      case 'approve':
        (beside ?? gates).push({ conditions });
        return;
      case 'group': {
        const inner = loopNames(step.loop, names, context);
        walkSteps(step.steps, place, inner, gates, step.parallel);
        for (const [name, reach] of inner) if (!names.has(name)) names.set(name, reach);
        return;
      }
      case 'use': {
        const unit = request.units.get(step.unit);
        if (unit === undefined) return;
        if (++calls > MOST_CALLS) return;
        const around = loopNames(step.loop, names, context);
        const passed = new Map(
          Object.entries(step.with).map(([name, expr]) => [
            name,
            reachOfExpr(expr, { ...context, names: around }),
          ]),
        );
        for (const [name, expr] of Object.entries(unit.defaults ?? {}))
          if (!passed.has(name)) passed.set(name, reachOfExpr(expr, { ...context, names: passed }));
        const typed = new Map([...passed].filter(([name]) => holdsHosts(unit, name)));
        lock(unit, typed);
        walkSteps(unit.steps, { ...place, unit, call: `${outer.call}/${step.id}` }, typed, [...gates]);
        const all = [...typed.values()].flatMap((reach) => reach.hosts);
        names.set(step.id, { hosts: [...new Set(all)], exact: false, anything: all.length === 0 });
        return;
      }
    }
  }

  function loopNames(
    loop: (Step & { kind: 'group' })['loop'],
    names: Map<string, Reach>,
    context: ReachContext,
  ) {
    if (loop === undefined) return names;
    const reach = loop.over === 'hosts' ? reachOfSet(loop.on, context) : reachOfExpr(loop.list, context);
    for (const host of loop.over === 'hosts' ? reach.hosts : []) hosts.add(host);
    return new Map(names).set(loop.as, { ...reach, exact: reach.exact && reach.hosts.length === 1 });
  }

  function warnOfAnywhere(step: Step): void {
    complaints.warning(step.at, {
      code: 'on/anywhere',
      message: `Nothing says which hosts ${step.id} may change: it could be any host of the run.`,
      mend: 'Choose them out of an input or of rows of a step, so that the plan can name them and lock no others.',
    });
  }

  function needGate(step: Step, conditions: readonly string[], gates: readonly Gate[]): void {
    if (gates.some((gate) => gate.conditions.every((each) => conditions.includes(each)))) return;
    const remark = {
      code: 'destroy/no-gate',
      message:
        gates.length === 0
          ? `${step.id} destroys, and nobody is asked before it.`
          : `${step.id} destroys, and the gate before it is asked only in some cases.`,
      mend: 'Put an approve step before it, here or in the runbook that uses this one, without when or with the same when.',
    };
    if (request.whole) complaints.error(step.at, remark);
    else complaints.warning(step.at, remark);
  }
}

function holdsHosts(unit: Unit, input: string): boolean {
  const kind = unit.inputs[input]?.kind;
  return kind === 'host' || kind === 'hosts' || kind === 'list' || kind === 'object' || kind === 'any';
}
