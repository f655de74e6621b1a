import type { ExpectationView, PlanStepView, PlanView } from '../../server/api/plans.ts';
import type { Paint } from '../io.ts';
import { names, padEnd, shorten } from './text.ts';

/** What stands for a host in the row of a step, and the words of the legend. */
const CELLS = {
  answers: ['✓', 'answers'],
  done: ['=', 'done already'],
  would_change: ['~', 'would change'],
  skipped: ['-', 'skipped'],
  would_stop: ['✗', 'would stop here'],
  unknown: ['…', 'only the run will know'],
} as const;
export type Cell = keyof typeof CELLS;

/** In a loop's turns a host may have several; what matters most stands. */
const WEIGHT: readonly Cell[] = ['would_stop', 'unknown', 'would_change', 'answers', 'done', 'skipped'];

/** The columns of hosts, where they fit; else what there is of each is counted. */
export type Grid = { readonly hosts: readonly string[]; readonly wide: number };

export function gridOf(plan: PlanView, columns: number): Grid {
  const hosts = plan.hosts.map(({ name }) => name);
  const wide = hosts.join(' ').length;
  if (plan.asked && hosts.length > 0 && wide <= columns / 3) return { hosts, wide };
  return { hosts: [], wide: Math.min(30, Math.max(8, columns >> 2)) };
}

export function expected(step: PlanStepView, what: ExpectationView['what']): readonly ExpectationView[] {
  return (step.expects ?? []).filter((one) => one.what === what);
}

/** Hosts by name; those that only the run knows in words. */
export function hostsOf(step: PlanStepView, columns: number): string {
  if (step.hosts !== undefined) return step.hosts.length === 0 ? '' : names(step.hosts, columns);
  return step.hosts_from === undefined ? '' : shorten(`(${step.hosts_from})`, columns);
}

/** What stands beside a step: a sign for each host, or one for the whole of it. */
export function cells(plan: PlanView, step: PlanStepView, grid: Grid, paint: Paint): string {
  const of = (host: string) =>
    WEIGHT.find((what) => expected(step, what).some(({ hosts }) => hosts.includes(host)));
  const all = (step.hosts ?? plan.hosts.map(({ name }) => name)).flatMap((host) => of(host) ?? []);
  if (all.length > 0 && grid.hosts.length > 0)
    return grid.hosts.map((host) => centred(of(host), host.length, step, paint)).join(' ');
  const whole = WEIGHT.find((what) => expected(step, what).length > 0);
  // Who decides its hosts stands in the text about it.
  const open = step.hosts === undefined && step.hosts_from !== undefined ? 'unknown' : undefined;
  if (all.length === 0) {
    const one = whole ?? open;
    return one === undefined ? hostsOf(step, grid.wide) : painted(paint, step, one);
  }
  const counts = WEIGHT.flatMap((what) => {
    const count = all.filter((cell) => cell === what).length;
    return count === 0 ? [] : [`${painted(paint, step, what)} ${count}`];
  });
  return counts.join('  ');
}

function centred(cell: Cell | undefined, wide: number, step: PlanStepView, paint: Paint): string {
  const sign = cell === undefined ? '' : painted(paint, step, cell);
  return padEnd(`${' '.repeat((wide - 1) >> 1)}${sign}`, wide);
}

export function painted(paint: Paint, step: PlanStepView, cell: Cell): string {
  const [sign] = CELLS[cell];
  switch (cell) {
    case 'answers':
      return paint.green(sign);
    case 'would_change':
      return step.effect === 'destroy' ? paint.red('!') : paint.cyan(sign);
    case 'would_stop':
      return paint.red(sign);
    case 'unknown':
      return paint.yellow(sign);
    case 'done':
    case 'skipped':
      return paint.dim(sign);
  }
}

/** Those that stand there, in words. */
export function legend(plan: PlanView): string {
  const there = new Set(plan.steps.flatMap((step) => (step.expects ?? []).map(({ what }) => what)));
  const words = (Object.keys(CELLS) as Cell[]).filter((cell) => there.has(cell));
  return words.map((cell) => CELLS[cell].join(' ')).join('   ');
}
