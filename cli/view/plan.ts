import type { PlanView } from '../../server/api/plans.ts';
import type { Paint } from '../io.ts';
import type { Look } from './look.ts';
import { hostsOf } from './planCells.ts';
import { diffLines } from './planDiff.ts';
import { outlook, timeText } from './planOutlook.ts';
import { leftOut, stepLines } from './planSteps.ts';
import { counted, duration, indent, names, shownValues, table, wrap } from './text.ts';

/**
 * What will happen: inputs, hosts, each step with its effect and hosts, what the hosts said when asked and what follows of it;
 * what is different from another plan; where it would stop, gates, what nothing brings back, the time, the digest.
 */
export function planPage(plan: PlanView, look: Look): string {
  const { paint } = look;
  return [
    `${wrap(`${paint.bold(plan.runbook)}  ${plan.summary}`, look.columns, '  ')}\n${indent(table(about(plan, look)), '  ')}`,
    indent(stepLines(plan, look), '  '),
    ...diffLines(plan, look),
    ...outlook(plan, look),
    ...(plan.gates.length === 0 ? [] : [gates(plan, look)]),
    ...forGood(plan, look),
    ...plan.warnings.map((warning) => wrap(`${paint.yellow('warning:')} ${warning}`, look.columns, '  ')),
    `${totals(plan, paint)}\n${paint.bold('plan')} ${plan.digest}`,
  ].join('\n\n');
}

/** Beside the names of the rows. */
const BESIDE = 12;

function about(plan: PlanView, { paint, columns }: Look): readonly (readonly [string, string])[] {
  const room = columns - BESIDE;
  const rows: (readonly [string, string])[] = [];
  const row = (name: string, text: string) => {
    const [first = '', ...rest] = wrap(text, room).split('\n');
    rows.push([paint.dim(name), first], ...rest.map((line) => ['', line] as const));
  };
  if (Object.keys(plan.inputs).length > 0) row('inputs', shownValues(plan.inputs));
  row('hosts', names(hostsIn(plan), room) || 'none');
  if (plan.locks.length > 0) row('locks', names(plan.locks, room));
  row('failure', plan.on_failure === 'hold' ? 'holds and waits for a person' : 'ends the run');
  row('time', timeText(plan));
  return rows;
}

function hostsIn(plan: PlanView): readonly string[] {
  return plan.hosts.map(({ name }) => name);
}

function gates(plan: PlanView, { paint, columns }: Look): string {
  const lines = plan.gates.map((gate) => {
    const who = gate.by.length === 0 ? '' : ` of ${gate.by.join(', ')}`;
    const asked = gate.manual === true ? `somebody${who} to confirm that it is done` : undefined;
    const count = gate.count > 1 ? `${gate.count} approvals${who}` : `an approval${who}`;
    const ask = wrap(gate.ask.trimEnd(), columns - 6);
    return `  ${paint.yellow('?')} ${gate.path} waits for ${asked ?? count}, at most ${duration(gate.expires_ms)}\n${indent(ask, '      ')}`;
  });
  return [paint.bold('Gates'), ...lines].join('\n');
}

/** What nothing brings back: it destroys, and has no rollback. */
function forGood(plan: PlanView, { paint, columns }: Look): readonly string[] {
  const steps = plan.steps.filter((step) => step.effect === 'destroy' && step.rollback !== true);
  if (steps.length === 0) return [];
  const left = new Set(leftOut(plan));
  const lines = steps.map((step) => {
    const hosts = hostsOf(step, Math.max(16, columns - step.path.length - 8));
    const now = left.has(step.path) ? paint.dim('  (skipped, as things are now)') : '';
    return `  ${paint.red('!')} ${step.path}  ${hosts}${now}`.trimEnd();
  });
  return [[paint.bold("Can't be undone"), ...lines].join('\n')];
}

function totals(plan: PlanView, paint: Paint): string {
  const count = (effect: string) => plan.steps.filter((step) => step.effect === effect).length;
  const destroy = count('destroy');
  return [
    `${counted(plan.steps.length, 'step')}:`,
    `· ${count('read')} read,`,
    `~ ${count('change')} change,`,
    destroy === 0 ? '! 0 destroy,' : paint.red(`! ${destroy} destroy,`),
    `? ${counted(plan.gates.length, 'gate')}`,
  ].join(' ');
}
