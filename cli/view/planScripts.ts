import type { StepScript } from '../../server/api/plans.ts';
import type { Look } from './look.ts';
import { indent } from './text.ts';

/** What a step runs: its scripts as they are, and under each the functions of included files that it calls. */
export function scriptsPage(scripts: readonly StepScript[], step: string, { paint }: Look): string {
  if (scripts.length === 0) return `${paint.bold(step)}  has no script`;
  const parts = scripts.map(({ of, shell, text, functions }) =>
    [
      `${paint.bold(step)}  ${of}  ${paint.dim(shell)}`,
      indent(text.trimEnd(), '  '),
      ...functions.map(
        (one) => `  ${paint.dim(`${one.file}:${one.line}`)}\n${indent(one.text.trimEnd(), '  ')}`,
      ),
    ].join('\n\n'),
  );
  return parts.join('\n\n');
}
