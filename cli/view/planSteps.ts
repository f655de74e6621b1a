import type { PlanStepView, PlanView } from '../../server/api/plans.ts';
import type { Paint } from '../io.ts';
import type { Look } from './look.ts';
import { cells, expected, type Grid, gridOf, legend } from './planCells.ts';
import { notes } from './planNotes.ts';
import { duration, padEnd, roughly, shorten, width } from './text.ts';

const MARKS = { read: '·', change: '~', destroy: '!' } as const;

/** Each step with a column for each host, where they fit; under it what hosts said. */
export function stepLines(plan: PlanView, look: Look): string {
  const { paint, columns } = look;
  const grid = gridOf(plan, columns);
  const longest = Math.max(...plan.steps.map((step) => nameOf(step).length), 8);
  const place = Math.min(Math.max(20, columns >> 2), longest);
  const head = grid.hosts.length === 0 ? [] : [paint.dim(`${' '.repeat(place + 11)}${grid.hosts.join(' ')}`)];
  const left = new Set(leftOut(plan));
  const rows = plan.steps.flatMap((step) => {
    const line = row(plan, step, { look, grid, place, left: left.has(step.path) });
    return [line, ...notes(plan, step, look)];
  });
  return [...head, ...rows, ...(plan.asked ? ['', paint.dim(legend(plan))] : [])].join('\n');
}

type Drawn = {
  readonly look: Look;
  readonly grid: Grid;
  readonly place: number;
  /** It stands in what would be skipped. */
  readonly left: boolean;
};

function row(plan: PlanView, step: PlanStepView, { look, grid, place, left }: Drawn): string {
  const { paint, columns } = look;
  const colour = left ? paint.dim : effectPaint(paint, step);
  const beside = left ? paint.dim('-') : cells(plan, step, grid, paint);
  const head = [
    left ? paint.dim(markOf(step)) : colour(markOf(step)),
    colour(padEnd(shorten(nameOf(step), place), place)),
    colour(padEnd(kindOf(step), 7)),
    padEnd(beside, grid.wide),
  ].join(' ');
  return `${head} ${paint.dim(shorten(aboutOf(step), Math.max(12, columns - width(head) - 4)))}`.trimEnd();
}

/** Steps in a group or a `use` that would be skipped, as things are now. */
export function leftOut(plan: PlanView): readonly string[] {
  const skipped = plan.steps.filter((step) => wholly(step, 'skipped')).map(({ path }) => `${path}/`);
  return plan.steps.map(({ path }) => path).filter((path) => skipped.some((start) => path.startsWith(start)));
}

/** Whether a step that happens once is expected to be that and nothing else. */
export function wholly(step: PlanStepView, what: 'skipped'): boolean {
  const all = step.expects ?? [];
  return all.length > 0 && expected(step, what).length === all.length;
}

function aboutOf(step: PlanStepView): string {
  return [
    step.title === idOf(step) ? '' : step.title,
    hostsText(step),
    step.become === undefined ? '' : `as ${step.become}`,
    step.loop === undefined ? '' : `for each ${step.loop}`,
    step.parallel === true ? 'at once' : '',
    step.serial === undefined ? '' : `${step.serial} at a time`,
    step.max_failures === undefined ? '' : `${step.max_failures} may fail`,
    waitText(step),
    step.when === undefined ? '' : `when ${step.when}`,
    tookText(step),
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** Of hosts that only the run finds: who decides, or what the file says. */
function hostsText({ hosts, hosts_from: from }: PlanStepView): string {
  if (hosts !== undefined || from === undefined) return '';
  return from.startsWith('decided ') ? `hosts ${from}` : `on ${from}`;
}

/** A second more or less is not worth a word. */
function tookText(step: PlanStepView): string {
  const { estimate } = step;
  if (estimate === undefined || estimate.median_ms < 1_500 || asksSomebody(step)) return '';
  return `takes ${roughly(estimate.median_ms)}`;
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

function markOf(step: PlanStepView): string {
  if (asksSomebody(step)) return '?';
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
