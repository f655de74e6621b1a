import type { CaseResult, TestReport } from '../../runbook-tests/run.ts';
import type { Paint } from '../io.ts';
import { counted, duration, table } from './text.ts';

/** The cases by runbook: one line each for what passes, and what is wrong with what does not. */
export function casesText(paint: Paint, { cases }: TestReport, verbose: boolean): string {
  const files = Map.groupBy(cases, (one) => one.file);
  return [...files.values()].map((these) => fileText(paint, these, verbose)).join('\n');
}

function fileText(paint: Paint, cases: readonly CaseResult[], verbose: boolean): string {
  const { runbook = '' } = cases[0] ?? {};
  const good = cases.every(({ result }) => result === 'passed');
  const crashes = cases.reduce((sum, one) => sum + one.crashes, 0);
  const ms = cases.reduce((sum, one) => sum + one.ms, 0);
  const about = [
    counted(cases.length, 'case'),
    ...(crashes > 0 ? [crashes === 1 ? '1 crash' : `${crashes} crashes`] : []),
    duration(ms),
  ];
  const lines = cases.filter((one) => verbose || one.result !== 'passed').map((one) => caseText(paint, one));
  return [`${mark(paint, good)} ${paint.bold(runbook)}  ${paint.dim(about.join(', '))}`, ...lines].join('\n');
}

function caseText(paint: Paint, { name, result, failures, ms }: CaseResult): string {
  const why = failures.map(
    ({ at, says }) => `      ${paint.dim(`${at.file}:${at.line}:${at.column}`)}  ${says}`,
  );
  const after =
    result === 'invalid'
      ? paint.red('  could not be run: see the complaints')
      : paint.dim(`  ${duration(ms)}`);
  return [`  ${mark(paint, result === 'passed')} ${name}${after}`, ...why].join('\n');
}

function mark(paint: Paint, good: boolean): string {
  return good ? paint.green('✓') : paint.red('✗');
}

/** What the cases reached of each runbook, and below it what they did not. */
export function coverageText(paint: Paint, { coverage }: TestReport): string {
  const of = ({ reached, all }: { readonly reached: number; readonly all: number }) => `${reached}/${all}`;
  const rows = coverage.map(({ runbook, steps, branches, percent }) => [
    runbook,
    of(steps),
    of(branches),
    `${percent} %`,
  ]);
  const missed = coverage.flatMap((one) =>
    one.missed.map(({ at, step, what }) => [`  ${at.file}:${at.line}`, `${step}: ${what}`]),
  );
  return [
    table([['runbook', 'steps', 'branches', 'covered'].map((head) => paint.dim(head)), ...rows]),
    ...(missed.length > 0 ? ['', 'Not reached:', table(missed)] : []),
  ].join('\n');
}
