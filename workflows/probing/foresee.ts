import { decode } from '../../plan/expressions/encoding.ts';
import { HostValue, type Value, type ValueMap } from '../../plan/expressions/values.ts';
import { type HostName, runId } from '../../plan/ids.ts';
import { type GroupStep, isHostStep, type Plan, type Step, type UseStep } from '../../plan/plan.ts';
import type { ProbeInput, ProbeReport } from '../../plan/probes.ts';
import { Frame } from '../interpreter/frame.ts';
import { evaluated, handOver, hostIn, scopeOf } from '../interpreter/scope.ts';
import { newStepState } from '../interpreter/step-state.ts';
import { iterations } from '../interpreter/steps/loop.ts';
import { asInput } from '../interpreter/steps/use.ts';
import { Trail } from '../interpreter/trail.ts';
import { unitOf } from '../interpreter/walk.ts';
import { foreseeChecks, foreseeSet, happens } from './once.ts';
import { foreseeOnHosts } from './onHosts.ts';
import { laterView, miss, type Place, type ProbePort, type Probing, Report, seen } from './probing.ts';

/**
 * Stands for the run's id, which there is not yet: what a run keeps on a host under its id, a probe finds nothing of. No id of a
 * run has this form.
 */
const NO_RUN = runId('not-started');

/**
 * Walks a plan as the run would, asking hosts what only reads and what is done already, and carries what they say on to
 * later steps. It takes no lock, opens no gate and starts nothing.
 */
export async function foresee(input: ProbeInput, plan: Plan, port: ProbePort): Promise<ProbeReport> {
  const report = new Report();
  const walk: Probing = {
    input: {
      run: NO_RUN,
      plan: input.plan,
      epoch: 1,
      requestedBy: '',
      reason: '',
      identity: 'one_owner',
    },
    plan,
    hosts: new Map(plan.hosts.map((host) => [host.name, host])),
    dropped: new Map(),
    port: { ...port, ask: (request) => port.ask({ ...request, run: input.probe }) },
    limits: input.limits,
    until: port.now() + input.limits.allMs,
    silent: new Map(),
    report,
    missed: undefined,
  };
  const unit = unitOf(plan, plan.main);
  const frame = Frame.ofMain(unit, new Trail(false));
  for (const [name, json] of Object.entries(plan.inputs))
    frame.bind(
      name,
      decode(json, (host) => hostIn(walk, unit, host as HostName)),
    );
  await foreseeSteps(walk, { frame, course: { changed: undefined } }, unit.steps);
  return report.all;
}

async function foreseeSteps(walk: Probing, place: Place, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await foreseeStep(walk, place, step);
}

async function foreseeStep(walk: Probing, place: Place, step: Step): Promise<void> {
  if (isHostStep(step)) return foreseeOnHosts(walk, place, step);
  const { frame, course } = place;
  const instance = frame.instance(step, 1);
  const would = happens(walk, frame, step);
  if (would.is === 'known' && would.value) {
    await foreseeOnce(walk, place, step);
    if (step.check.length > 0) foreseeChecks(walk, frame, step, step.check, scopeOf(walk, frame));
    return;
  }
  if (would.is === 'known') {
    walk.report.expect({ step: instance, what: 'skipped', says: step.when?.cel ?? '' });
    frame.bindStep({ ...newStepState(step, instance), outcome: 'skipped' });
    return;
  }
  const wrong = would.is === 'wrong';
  const unknown = { what: 'unknown', about: 'whether it happens' } as const;
  walk.report.expect({ step: instance, says: would.why, ...(wrong ? { what: 'would_stop' } : unknown) });
  untold(walk, place, step, would.why);
  if (mayChange(walk.plan, step)) course.changed ??= instance;
}

async function foreseeOnce(walk: Probing, place: Place, step: Exclude<Step, { kind: 'run' }>): Promise<void> {
  const { frame, course } = place;
  switch (step.kind) {
    case 'set':
      return foreseeSet(walk, place, step);
    case 'use':
    case 'group':
      return foreseeInner(walk, place, step);
    case 'manual':
      course.changed ??= frame.instance(step, 1); // whatever somebody does there
      break;
    default:
  }
  frame.bindStep({ ...newStepState(step, frame.instance(step, 1)), outcome: 'succeeded' });
}

type Turned = { readonly fields: ValueMap; readonly later: ReadonlyMap<string, string> };

async function foreseeInner(walk: Probing, place: Place, step: UseStep | GroupStep): Promise<void> {
  const { frame, course } = place;
  const instance = frame.instance(step, 1);
  const { loop } = step;
  if (!loop) {
    const inner = step.kind === 'group' ? frame.inside(`${instance}/`, !step.parallel) : frame;
    const { fields, later } = await turn(walk, { frame: inner, course }, step, `${instance}/`);
    bindOutcome(walk, frame, step, fields, later);
    return;
  }
  const all = seen(walk, () => iterations(walk, frame, loop));
  if (all.is !== 'known') {
    const wrong = all.is === 'wrong';
    const unknown = { what: 'unknown', about: 'for what it happens' } as const;
    walk.report.expect({ step: instance, says: all.why, ...(wrong ? { what: 'would_stop' } : unknown) });
    untold(walk, place, step, all.why);
    if (mayChange(walk.plan, step)) course.changed ??= instance;
    return;
  }
  const rows: ValueMap[] = [];
  let why: string | undefined;
  for (const batch of all.value) {
    // What goes on at once does not come one before the other.
    const courses = batch.map(() => ({ ...course }));
    const turns = batch.map(async ({ key, item }, at): Promise<Turned> => {
      const host = item instanceof HostValue ? item.name : undefined;
      const inner = frame.iteration(`${instance}[${key}]/`, batch.length === 1, host, frame.trail);
      inner.bind(loop.as, item);
      return turn(walk, { frame: inner, course: courses[at] ?? course }, step, inner.prefix);
    });
    for (const [at, { fields, later }] of (await Promise.all(turns)).entries()) {
      const item = batch[at]?.item ?? null;
      rows.push({ ...fields, [loop.as]: item, ...(loop.over === 'hosts' ? { host: item } : {}) });
      const [[, first] = []] = later;
      why ??= first;
    }
    course.changed ??= courses.find(({ changed }) => changed !== undefined)?.changed;
  }
  if (why === undefined) frame.bindStep({ ...newStepState(step, instance), outcome: 'succeeded', rows });
  else frame.bind(step.id, laterView(walk, `step ${step.id}`, why));
}

/** One time that it happens: its steps, and what of its outputs is known after them. */
async function turn(walk: Probing, place: Place, step: UseStep | GroupStep, prefix: string): Promise<Turned> {
  if (step.kind === 'group') {
    if (step.parallel) await sideBySide(walk, place, step.steps);
    else await foreseeSteps(walk, place, step.steps);
    return { fields: {}, later: new Map() };
  }
  const unit = unitOf(walk.plan, step.unit);
  const inner = Frame.ofUnit(unit, prefix, place.frame);
  const given = { ...unit.defaults, ...step.with };
  for (const [name, expr] of Object.entries({ ...step.with, ...unit.defaults })) {
    const from = step.with[name] ? place.frame : inner;
    const value = seen(walk, () =>
      asInput(walk, unit, name, evaluated(given[name] ?? expr, scopeOf(walk, from))),
    );
    if (value.is === 'known') inner.bind(name, value.value);
    else inner.bindLater(name, () => miss(walk, value.why));
  }
  await foreseeSteps(walk, { frame: inner, course: place.course }, unit.steps);
  const fields: Record<string, Value> = {};
  const later = new Map<string, string>();
  for (const [name, expr] of Object.entries(unit.outputs)) {
    const value = seen(walk, () => handOver(walk, place.frame.unit, evaluated(expr, scopeOf(walk, inner))));
    if (value.is === 'known') fields[name] = value.value;
    else later.set(name, value.why);
  }
  return { fields, later };
}

async function sideBySide(walk: Probing, { frame, course }: Place, steps: readonly Step[]): Promise<void> {
  const courses = steps.map(() => ({ ...course }));
  await Promise.all(steps.map((one, at) => foreseeStep(walk, { frame, course: courses[at] ?? course }, one)));
  course.changed ??= courses.find(({ changed }) => changed !== undefined)?.changed;
}

function bindOutcome(
  walk: Probing,
  frame: Frame,
  step: UseStep | GroupStep,
  fields: ValueMap,
  later: ReadonlyMap<string, string>,
): void {
  const state = { ...newStepState(step, frame.instance(step, 1)), outcome: 'succeeded' as const, fields };
  const [[, why] = []] = later;
  if (why === undefined) {
    frame.bindStep(state);
    return;
  }
  const known = (field: string) => {
    const own = later.get(field);
    return own === undefined ? fields[field] : miss(walk, own);
  };
  frame.bind(step.id, laterView(walk, `step ${step.id}`, why, known));
}

/** Nothing is known of it, nor of what is in it. */
function untold(walk: Probing, place: Place, step: Step, why: string): void {
  const { frame } = place;
  frame.bind(step.id, laterView(walk, `step ${step.id}`, why));
  if (step.kind === 'set') for (const [name] of step.values) frame.bindLater(name, () => miss(walk, why));
  if (step.kind === 'group' && !step.loop) for (const one of step.steps) untold(walk, place, one, why);
}

function mayChange(plan: Plan, step: Step): boolean {
  if (isHostStep(step)) return step.effect !== 'read';
  if (step.kind === 'manual') return true;
  if (step.kind === 'group') return step.steps.some((one) => mayChange(plan, one));
  if (step.kind !== 'use') return false;
  return (plan.units[step.unit]?.steps ?? []).some((one) => mayChange(plan, one));
}
