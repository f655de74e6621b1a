import type { EstimateView, ExpectationView, PlanStepView, PlanView } from '../../server/api/plans.ts';
import type { Look } from './look.ts';
import { expected } from './planCells.ts';
import { counted, indent, names, roughly, wrap } from './text.ts';

/** How long it takes by what earlier runs took, honestly; a line for each choice that others made. */
export function timeText({ estimate, inputs, otherwise = [] }: PlanView): string {
  const first = otherwise[0];
  const own = first === undefined ? '' : ` with ${first.input}=${inputs[first.input]}`;
  const whole =
    estimate === undefined
      ? `no earlier run of it${own} has succeeded: no estimate`
      : `about ${usual(estimate)}; what waits for people is not counted`;
  const others = otherwise.map(
    ({ input, value, estimate: took }) => `with ${input}=${value} about ${usual(took)}`,
  );
  return [whole, ...others].join('\n');
}

function usual({ runs, median_ms, shortest_ms, longest_ms }: EstimateView): string {
  const time = roughly(median_ms);
  if (runs === 1) return `${time}, as the one earlier run`;
  return `${time} by ${runs} earlier runs (${roughly(shortest_ms)} to ${roughly(longest_ms)})`;
}

type Told = ExpectationView & { readonly step: PlanStepView };

/** Who did not answer, what only the run will know and why, where it would stop as things are now, and what it comes to. */
export function outlook(plan: PlanView, look: Look): readonly string[] {
  if (!plan.asked) return [];
  const { paint, columns } = look;
  const silent = silentHosts(plan);
  const part = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [[paint.bold(title), ...lines].join('\n')];
  return [
    ...part(
      'No answer',
      [...silent].map(([host, says]) => wrap(`  ${paint.red('✗')} ${host}  ${says}`, columns, '      ')),
    ),
    ...part('Only the run will know', unknowns(plan, look, new Set(silent.values()))),
    ...part(
      'As things are now it would stop',
      told(plan, 'would_stop').map((one) => stop(one, look)),
    ),
    wrap(`${paint.bold('Now:')} ${comesTo(plan)}.`, columns, '     '),
  ];
}

function told(plan: PlanView, what: ExpectationView['what']): readonly Told[] {
  return plan.steps.flatMap((step) => expected(step, what).map((one) => ({ ...one, step })));
}

function stop({ step, hosts, says = '' }: Told, { paint, columns }: Look): string {
  const on = hosts.length === 0 ? '' : ` on ${names(hosts, columns >> 1)}`;
  const head = `  ${paint.red('✗')} ${step.path}${on}`;
  return `${head}\n${indent(wrap(says, columns - 6), '      ')}`;
}

/** Each reason once, with the steps that it keeps in the dark. */
function unknowns(plan: PlanView, { paint, columns }: Look, silence: ReadonlySet<string>): readonly string[] {
  const all = told(plan, 'unknown').filter(({ says = '' }) => !silence.has(says));
  return [...Map.groupBy(all, ({ says = '' }) => says)].map(([says, those]) => {
    const steps = [...new Set(those.map(({ step }) => step.path))];
    return `  ${paint.yellow('…')} ${wrap(`${says}: ${paint.dim(steps.join(', '))}`, columns - 6, '      ')}`;
  });
}

/** Each once, however many steps would have asked it. */
function silentHosts(plan: PlanView): ReadonlyMap<string, string> {
  const first = new Map<string, string>();
  for (const { host, outcome, says } of plan.probes)
    if ((outcome === 'unreachable' || outcome === 'timed_out') && !first.has(host)) first.set(host, says);
  return first;
}

function comesTo(plan: PlanView): string {
  const acting = plan.steps.filter(({ effect }) => effect === 'change' || effect === 'destroy');
  const has = (what: ExpectationView['what']) => acting.filter((step) => expected(step, what).length > 0);
  const [stops] = told(plan, 'would_stop');
  const changes = has('would_change');
  const hosts = new Set(
    changes.flatMap((step) => expected(step, 'would_change').flatMap((one) => one.hosts)),
  );
  const unknown = has('unknown').filter((step) => !changes.includes(step));
  const done = has('done').filter((step) => !changes.includes(step) && !unknown.includes(step));
  return [
    ...(stops ? [`it would stop at ${stops.step.path}`] : []),
    changes.length === 0
      ? 'no step is known to change anything'
      : `${counted(changes.length, 'step')} would change something${hosts.size === 0 ? '' : ` on ${counted(hosts.size, 'host')}`}`,
    ...(done.length === 0 ? [] : [`${done.length} ${done.length === 1 ? 'is' : 'are'} done already`]),
    ...(unknown.length === 0 ? [] : [`of ${unknown.length} only the run will know`]),
  ].join('; ');
}
