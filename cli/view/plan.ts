import type { PlanStepView, PlanView, ProbeView } from '../../server/api/plans.ts';
import type { Paint } from '../io.ts';
import { outcomePaint, outcomeWord, symbol } from './outcome.ts';
import { counted, duration, indent, names, padEnd, shorten, shownValues, table, width } from './text.ts';

type Look = { readonly paint: Paint; readonly columns: number };

/** What will happen: inputs, hosts, each step with its effect and hosts, what the hosts said when asked, gates, the digest. */
export function planPage(plan: PlanView, look: Look): string {
  const { paint } = look;
  const rows: (readonly [string, string])[] = [];
  if (Object.keys(plan.inputs).length > 0) rows.push([paint.dim('inputs'), shownValues(plan.inputs)]);
  rows.push([
    paint.dim('hosts'),
    names(
      plan.hosts.map(({ name }) => name),
      look.columns - 12,
    ) || 'none',
  ]);
  if (plan.locks.length > 0) rows.push([paint.dim('locks'), names(plan.locks, look.columns - 12)]);
  rows.push([
    paint.dim('failure'),
    plan.on_failure === 'hold' ? 'holds and waits for a person' : 'ends the run',
  ]);
  return [
    `${paint.bold(plan.runbook)}  ${plan.summary}\n${indent(table(rows), '  ')}`,
    indent(stepLines(plan, look), '  '),
    ...(plan.gates.length === 0 ? [] : [gates(plan, look)]),
    ...forGood(plan, look),
    ...plan.warnings.map((warning) => `${paint.yellow('warning:')} ${warning}`),
    `${totals(plan, paint)}\n${paint.bold('plan')} ${plan.digest}`,
  ].join('\n\n');
}

const MARKS = { read: '·', change: '~', destroy: '!' } as const;

function stepLines(plan: PlanView, { paint, columns }: Look): string {
  const place = Math.min(40, Math.max(...plan.steps.map((step) => nameOf(step).length), 8));
  const hosts = Math.min(30, Math.max(8, Math.floor(columns / 4)));
  return plan.steps
    .flatMap((step) => {
      const title = step.title === idOf(step) ? '' : step.title;
      const about = [
        title,
        step.loop === undefined ? '' : `for each ${step.loop}`,
        step.parallel === true ? 'at once' : '',
        step.serial === undefined ? '' : `${step.serial} at a time`,
        step.max_failures === undefined ? '' : `${step.max_failures} may fail`,
        waitText(step),
        step.when === undefined ? '' : `when ${step.when}`,
      ].filter((part) => part !== '');
      const head = [
        mark(paint, step),
        padEnd(shorten(nameOf(step), place), place),
        padEnd(kindOf(step), 7),
        padEnd(hostsOf(step, hosts), hosts),
      ].join(' ');
      const line = `${effectPaint(paint, step)(head)} ${paint.dim(shorten(about.join('; '), Math.max(16, columns - width(head) - 3)))}`;
      return [line.trimEnd(), ...probes(plan, step, paint)];
    })
    .join('\n');
}

function waitText(step: PlanStepView): string {
  if (step.kind !== 'wait') return '';
  if (step.waits_ms === undefined) return 'for a time that the run finds';
  return `${step.effect === undefined ? 'for' : 'at most'} ${duration(step.waits_ms)}`;
}

function idOf(step: PlanStepView): string {
  return step.path.slice(step.path.lastIndexOf('/') + 1);
}

function nameOf(step: PlanStepView): string {
  return `${'  '.repeat(step.depth)}${idOf(step)}`;
}

function mark(paint: Paint, step: PlanStepView): string {
  if (asksSomebody(step)) return paint.yellow('?');
  return step.effect === undefined ? ' ' : MARKS[step.effect];
}

function asksSomebody({ kind }: PlanStepView): boolean {
  return kind === 'approve' || kind === 'manual';
}

/** The word that matters: what it does to hosts, else what kind of step it is. */
function kindOf(step: PlanStepView): string {
  if (step.kind === 'wait') return 'wait';
  return step.effect ?? (step.kind === 'approve' ? 'gate' : step.kind);
}

function effectPaint(paint: Paint, step: PlanStepView): (text: string) => string {
  if (asksSomebody(step)) return paint.yellow;
  if (step.effect === 'destroy') return paint.red;
  return step.effect === 'change' ? paint.cyan : (text) => text;
}

/** Hosts by name; those that only the run knows in words. */
function hostsOf(step: PlanStepView, columns: number): string {
  if (step.hosts !== undefined) return step.hosts.length === 0 ? '' : names(step.hosts, columns);
  return step.hosts_from === undefined ? '' : shorten(`(${step.hosts_from})`, columns);
}

/** A probe's path says in which turn of a loop: `join[h1]/look`. */
const TURNS = /\[[^\]]*\]/g;

/** What hosts said: the same answer of several hosts in one line. */
function probes(plan: PlanView, step: PlanStepView, paint: Paint): readonly string[] {
  const own = plan.probes.filter(({ path }) => path.replace(TURNS, '') === step.path);
  const same = Map.groupBy(own, (probe) => `${probe.of} ${probe.outcome} ${said(probe)}`);
  return [...same.values()].flatMap((those) => {
    const [first] = those;
    if (first === undefined) return [];
    const colour = first.of === 'done' ? paint.dim : outcomePaint(paint, first.outcome);
    const what = first.of === 'done' ? 'done?' : 'asked:';
    const answer = first.of === 'done' ? '' : `${symbol(first.outcome)} ${outcomeWord(first.outcome)} `;
    return [
      `      ${paint.dim(what)} ${those.map(({ host }) => host).join(' ')}  ${colour(`${answer}${said(first)}`)}`,
    ];
  });
}

function said(probe: ProbeView): string {
  const outputs = shownValues(probe.outputs ?? {});
  return outputs === '' ? probe.says : outputs;
}

function gates(plan: PlanView, { paint }: Look): string {
  const lines = plan.gates.map((gate) => {
    const who = gate.by.length === 0 ? '' : ` of ${gate.by.join(', ')}`;
    const asked = gate.manual === true ? `somebody${who} to confirm that it is done` : undefined;
    const count = gate.count > 1 ? `${gate.count} approvals${who}` : `an approval${who}`;
    return `  ${paint.yellow('?')} ${gate.path} waits for ${asked ?? count}, at most ${duration(gate.expires_ms)}\n${indent(gate.ask.trimEnd(), '      ')}`;
  });
  return [paint.bold('Gates'), ...lines].join('\n');
}

/** What nothing brings back: it destroys, and has no rollback. */
function forGood(plan: PlanView, { paint, columns }: Look): readonly string[] {
  const steps = plan.steps.filter((step) => step.effect === 'destroy' && step.rollback !== true);
  if (steps.length === 0) return [];
  const lines = steps.map(
    (step) =>
      `  ${paint.red('!')} ${step.path}  ${hostsOf(step, Math.max(16, columns - step.path.length - 8))}`,
  );
  return [[paint.bold("Can't be undone"), ...lines.map((line) => line.trimEnd())].join('\n')];
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
