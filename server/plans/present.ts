import type { HostSet, Loop, Plan, Serial, Step, Template } from '../../plan/plan.ts';
import type { PlanStepView, PlanView, ProbeView } from '../api/plans.ts';

/** A plan as the API tells it: its steps as one list in the order of the walk. */
export function planView(
  plan: Plan,
  digest: string,
  probes: readonly ProbeView[],
  warnings: readonly string[],
): PlanView {
  const steps = stepsOf(plan, plan.main, '', 0);
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
    steps: steps.map(({ view }) => view),
    gates: steps.flatMap(({ step, view }) =>
      step.kind === 'approve'
        ? [
            {
              path: view.path,
              ask: written(step.ask),
              by: [...step.by],
              count: step.count,
              expires_ms: step.expiresMs,
            },
          ]
        : [],
    ),
    probes: [...probes],
    warnings: [...warnings],
  };
}

export type PlannedStep = { readonly step: Step; readonly unit: string; readonly view: PlanStepView };

/** Every step of a unit with those in it and in the units that it uses. */
export function stepsOf(plan: Plan, unit: string, prefix: string, depth: number): readonly PlannedStep[] {
  const inside = (steps: readonly Step[], prefix: string, depth: number): readonly PlannedStep[] =>
    steps.flatMap((step) => {
      const path = `${prefix}${step.id}`;
      const self = { step, unit, view: stepView(step, path, depth) };
      if (step.kind === 'group') return [self, ...inside(step.steps, `${path}/`, depth + 1)];
      if (step.kind === 'use') return [self, ...stepsOf(plan, step.unit, `${path}/`, depth + 1)];
      return [self];
    });
  return inside(plan.units[unit]?.steps ?? [], prefix, depth);
}

function stepView(step: Step, path: string, depth: number): PlanStepView {
  const { at } = step;
  return {
    path,
    depth,
    kind: step.kind,
    title: step.title === undefined ? step.id : written(step.title),
    ...onHosts(step),
    ...(step.when === undefined ? {} : { when: step.when.cel }),
    ...looped(step),
    on_failure: step.onFailure,
    at: { file: at.file, line: at.line, column: at.column },
  };
}

function onHosts(step: Step): Partial<PlanStepView> {
  if (step.kind !== 'run' && step.kind !== 'http') return {};
  const hosts = knownHosts(step.on);
  return {
    effect: step.effect,
    ...(hosts === undefined ? { hosts_from: hostSetText(step.on) } : { hosts: [...hosts] }),
    ...(step.serial === undefined ? {} : { serial: serialText(step.serial) }),
  };
}

function looped(step: Step): Partial<PlanStepView> {
  if (step.kind !== 'use' && step.kind !== 'group') return {};
  return {
    ...(step.loop === undefined ? {} : { loop: loopText(step.loop) }),
    ...(step.kind === 'group' && step.parallel ? { parallel: true } : {}),
  };
}

/** The hosts where they are known before the run. */
export function knownHosts(set: HostSet): readonly string[] | undefined {
  let picked: string[] = [];
  for (const term of set) {
    if (!('hosts' in term.of)) return undefined;
    const these: readonly string[] = term.of.hosts;
    if (term.op === 'add') picked = [...picked, ...these.filter((host) => !picked.includes(host))];
    else picked = picked.filter((host) => these.includes(host) === (term.op === 'keep'));
  }
  return picked;
}

const SIGNS = { add: '', remove: '!', keep: '&' } as const;

function hostSetText(set: HostSet): string {
  return set
    .map(({ op, of }) => {
      const name =
        'hosts' in of ? of.hosts.join(',') : `${of.expr.cel}${of.index === undefined ? '' : `[${of.index}]`}`;
      return `${SIGNS[op]}${name}`;
    })
    .join(':');
}

function serialText(serial: Serial): string {
  return 'hosts' in serial ? String(serial.hosts) : `${serial.percent}%`;
}

function loopText(loop: Loop): string {
  if (loop.over === 'list') return `${loop.as} in ${loop.list.cel}${loop.parallel ? ', at once' : ''}`;
  const hosts = knownHosts(loop.on);
  const serial = loop.serial === undefined ? '' : `, ${serialText(loop.serial)} at a time`;
  return `${loop.as} in ${hosts === undefined ? hostSetText(loop.on) : hosts.join(', ')}${serial}`;
}

/** A template as it stands in the file. */
function written(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : `\${{ ${part.cel} }}`)).join('');
}
