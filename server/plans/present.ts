import { renderText } from '../../plan/expressions/template.ts';
import { secretsIn } from '../../plan/expressions/text.ts';
import { hostName, staticPath, stepInstance } from '../../plan/ids.ts';
import {
  type ApproveStep,
  type Expr,
  type GroupStep,
  type HostSet,
  type HostSlice,
  type HostStep,
  isHostStep,
  type Loop,
  type ManualStep,
  type Plan,
  type Serial,
  type Step,
  type Template,
  type UseStep,
} from '../../plan/plan.ts';
import type { Expectation } from '../../plan/probes.ts';
import type { PlanDiffView } from '../api/planDiff.ts';
import type { PlanStepView, PlanView, ProbeView } from '../api/plans.ts';
import { amongSet } from './among.ts';
import type { Estimates } from './estimate.ts';
import { expectationsByStep } from './expectations.ts';
import { hostsIn, type Known, scopeOf, valueIn } from './known.ts';
import { anyTurn, knownAtStart, knownInside, learn, turnsOf } from './turns.ts';

/** What is told of a plan beside what it says itself. No expectations: hosts were not asked. */
export type Found = {
  readonly warnings: readonly string[];
  readonly probes?: readonly ProbeView[];
  readonly expectations?: readonly Expectation[];
  readonly estimates?: Estimates;
  readonly diff?: PlanDiffView;
};

/** A plan as the API tells it: its steps as one list in the order of the walk. */
export function planView(plan: Plan, digest: string, found: Found): PlanView {
  const { probes, expectations, estimates, diff } = found;
  const steps = stepsOf(plan);
  const order = plan.hosts.map(({ name }) => name);
  const expected = expectationsByStep(expectations ?? [], order);
  const places = new Map(steps.map(({ view }, at) => [view.path, at]));
  const placeOf = ({ path }: ProbeView) => places.get(staticPath(stepInstance(path))) ?? 0;
  return {
    digest,
    runbook: plan.runbook,
    summary: plan.summary,
    inputs: plan.inputs,
    on_failure: plan.onFailure,
    hosts: plan.hosts.map(({ name, address, port, user, zone, home }) => ({
      name,
      address,
      port,
      user,
      zone,
      ...(home === undefined ? {} : { home }),
    })),
    locks: [...plan.locks],
    steps: steps.map(({ view }) => ({
      ...view,
      ...optional('expects', expected.get(view.path)?.slice()),
      ...optional('estimate', estimates?.steps.get(view.path)),
    })),
    gates: steps.flatMap(({ step, places, view }) =>
      step.kind === 'approve' || step.kind === 'manual' ? [gateView(step, view.path, places)] : [],
    ),
    probes: (probes ?? []).toSorted(
      (a, b) => placeOf(a) - placeOf(b) || order.indexOf(hostName(a.host)) - order.indexOf(hostName(b.host)),
    ),
    asked: expectations !== undefined,
    ...optional('estimate', estimates?.whole),
    ...(estimates === undefined || estimates.otherwise.length === 0
      ? {}
      : { otherwise: [...estimates.otherwise] }),
    ...optional('diff', diff),
    warnings: [...found.warnings],
  };
}

function optional<K extends string, T>(name: K, value: T | undefined): { readonly [key in K]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]: T });
}

function gateView(
  step: ApproveStep | ManualStep,
  path: string,
  places: readonly Known[],
): PlanView['gates'][number] {
  const common = { path, by: [...step.by], expires_ms: step.expiresMs };
  if (step.kind === 'manual') return { ...common, ask: readable(step.task, places), count: 1, manual: true };
  return { ...common, ask: readable(step.ask, places), count: step.count };
}

type PlannedStep = { readonly step: Step; readonly places: readonly Known[]; readonly view: PlanStepView };

/** Every step in the order of the walk, with those in it and in the units that it uses. */
export function stepsOf(plan: Plan): readonly PlannedStep[] {
  const unit = plan.units[plan.main];
  return unit ? within(unit.steps, [knownAtStart(plan, unit)], '', 0) : [];
}

/** `places`: what is known there each time that these steps happen. */
function within(
  steps: readonly Step[],
  places: readonly Known[],
  prefix: string,
  depth: number,
): readonly PlannedStep[] {
  return steps.flatMap((step) => {
    const path = `${prefix}${step.id}`;
    const self = { step, places, view: stepView(step, places, path, depth) };
    const inner = nested(step, places, `${path}/`, depth + 1);
    for (const place of places) learn(place, step);
    return [self, ...inner];
  });
}

function nested(step: Step, places: readonly Known[], prefix: string, depth: number): readonly PlannedStep[] {
  if (step.kind !== 'group' && step.kind !== 'use') return [];
  const turns = turnsIn(step, places);
  if (step.kind === 'group') return within(step.steps, turns, prefix, depth);
  const unit = places[0]?.plan.units[step.unit];
  if (!unit) return [];
  return within(
    unit.steps,
    turns.map((turn) => knownInside(turn, step, unit)),
    prefix,
    depth,
  );
}

/** What is inside is shown also where it would happen for nothing. */
function turnsIn(step: GroupStep | UseStep, places: readonly Known[]): readonly Known[] {
  const turns = places.flatMap((place) => turnsOf(place, step) ?? [anyTurn(place, step)]);
  return turns.length > 0 ? turns : places.map((place) => anyTurn(place, step));
}

function stepView(step: Step, places: readonly Known[], path: string, depth: number): PlanStepView {
  const { at } = step;
  // A loop's title is that of each turn.
  const titled = step.kind === 'group' || step.kind === 'use' ? turnsIn(step, places) : places;
  return {
    path,
    depth,
    kind: step.kind === 'run' && step.waits ? 'wait' : step.kind,
    title: step.title === undefined ? step.id : readable(step.title, titled),
    ...onHosts(step, places),
    ...waiting(step, places),
    ...(step.when === undefined ? {} : { when: step.when.cel }),
    ...looped(step, places),
    on_failure: step.onFailure,
    at: { file: at.file, line: at.line, column: at.column },
  };
}

function onHosts(step: Step, places: readonly Known[]): Partial<PlanStepView> {
  if (!isHostStep(step)) return {};
  const hosts = hostsAt(places, step.on);
  return {
    effect: step.effect,
    ...(step.rollback === undefined ? {} : { rollback: true }),
    ...asWhom(step, places),
    ...(hosts === undefined
      ? { hosts_from: chosenText(places, step.on, 'who first') }
      : { hosts: [...hosts] }),
    ...(step.serial === undefined ? {} : { serial: serialText(step.serial) }),
    ...(step.maxFailures === undefined ? {} : { max_failures: serialText(step.maxFailures) }),
  };
}

/** As `userOf` has it when it runs. */
function asWhom(step: HostStep, places: readonly Known[]): Pick<PlanStepView, 'become'> {
  if (step.kind === 'http') return {};
  const become = step.kind === 'run' && step.waits ? step.done?.become : step.become;
  return become === undefined ? {} : { become: readable(become.user, places) };
}

function waiting(step: Step, places: readonly Known[]): Partial<PlanStepView> {
  if (step.kind === 'run' && step.waits) return { waits_ms: step.done?.withinMs ?? 0 };
  if (step.kind !== 'wait') return {};
  if (typeof step.time === 'number') return { waits_ms: step.time };
  const [place] = places;
  const ms = Number(place && valueIn(place, step.time));
  return Number.isInteger(ms) ? { waits_ms: ms } : {};
}

function looped(step: Step, places: readonly Known[]): Partial<PlanStepView> {
  if (step.kind !== 'use' && step.kind !== 'group') return {};
  return {
    ...(step.loop === undefined ? {} : { loop: loopText(step.loop, places) }),
    ...(step.loop?.over === 'hosts' && step.loop.maxFailures
      ? { max_failures: serialText(step.loop.maxFailures) }
      : {}),
    ...(step.kind === 'group' && step.parallel ? { parallel: true } : {}),
  };
}

/** The hosts of all turns, in inventory order; undefined where those of one are known only when it runs. */
function hostsAt(places: readonly Known[], set: HostSet): readonly string[] | undefined {
  const each = places.map((place) => hostsIn(place, set));
  if (each.includes(undefined)) return undefined;
  const all = new Set<string>(each.flatMap((hosts) => hosts ?? []));
  return places[0]?.plan.hosts.map(({ name }) => name).filter((name) => all.has(name));
}

/** Who chooses, and of which hosts; as it stands in the file where nothing says that. */
function chosenText(places: readonly Known[], set: HostSet, order: 'who first' | 'hosts first'): string {
  const each = places.map((place) => amongSet(place, set));
  const by = [...new Set(each.flatMap((among) => among?.by ?? []))];
  if (each.includes(undefined) || by.length === 0) return hostSetText(set);
  const all = places[0]?.plan.hosts.map(({ name }) => name) ?? [];
  const hosts = all.filter((name) => each.some((among) => among?.hosts.includes(name))).join(', ');
  const who = `decided by step ${by.join(', ')}`;
  return order === 'who first' ? `${who}, among ${hosts}` : `${hosts}, ${who}`;
}

const SIGNS = { add: '', remove: '!', keep: '&' } as const;

function hostSetText(set: HostSet): string {
  return set
    .map(({ op, of }) => {
      const name = 'hosts' in of ? of.hosts.join(',') : `${of.expr.cel}${subscript(of)}`;
      return `${SIGNS[op]}${name}`;
    })
    .join(':');
}

function subscript({ index, slice }: { readonly index?: number; readonly slice?: HostSlice }): string {
  if (index !== undefined) return `[${index}]`;
  return slice === undefined ? '' : `[${slice.from}:${slice.to ?? ''}]`;
}

function serialText(serial: Serial): string {
  return 'hosts' in serial ? String(serial.hosts) : `${serial.percent}%`;
}

function loopText(loop: Loop, places: readonly Known[]): string {
  if (loop.over === 'list') return `${loop.as} in ${loop.list.cel}${loop.parallel ? ', at once' : ''}`;
  const hosts = hostsAt(places, loop.on);
  const serial = loop.serial === undefined ? '' : `, ${serialText(loop.serial)} at a time`;
  return `${loop.as} in ${hosts === undefined ? chosenText(places, loop.on, 'hosts first') : hosts.join(', ')}${serial}`;
}

/** A text with what is known in its place. Else dots stand there, as in a run: a loop's name has as many values as turns. */
function readable(template: Template, places: readonly Known[]): string {
  return template
    .map((part) => {
      if (typeof part === 'string') return part;
      const texts = new Set(places.map((place) => textAt(place, part)));
      const [only] = texts;
      return texts.size === 1 && only !== undefined ? only : '…';
    })
    .join('');
}

function textAt(place: Known, expr: Expr): string | undefined {
  const text = renderText([expr], scopeOf(place));
  return text.ok && secretsIn(text.value).length === 0 ? text.value : undefined;
}
