import type { Complaint } from '../../server/api/problem.ts';
import type { Paint } from '../io.ts';

/** The line that these are about may have a secret in it. */
const MAY_BE_SECRET: ReadonlySet<string> = new Set(['secret/reference', 'become/password']);

/** `file:line:column CODE message`, the line with a caret under its place, and the mend. */
export function complaintText(paint: Paint, complaint: Complaint, source?: string): string {
  const { file, line, column, code, message, mend, severity = 'error' } = complaint;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const colour = severity === 'error' ? paint.red : paint.yellow;
  return [
    [
      ...(place === '' ? [] : [paint.bold(place)]),
      colour(code === undefined ? severity : `${severity} ${code}`),
      message,
    ].join('  '),
    ...(source === undefined || line === undefined || MAY_BE_SECRET.has(code ?? '')
      ? []
      : excerpt(paint, source, line, column ?? 1)),
    ...(mend === undefined ? [] : [`      ${paint.cyan('mend:')} ${mend}`]),
  ].join('\n');
}

function excerpt(paint: Paint, source: string, line: number, column: number): readonly string[] {
  const text = source.split('\n')[line - 1]?.trimEnd();
  if (text === undefined || text.trim() === '') return [];
  const number = String(line);
  // Tabs stay tabs, so that the caret stands under its place however wide they are shown.
  const before = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
  return [
    `  ${paint.dim(`${number.padStart(4)} │`)} ${text}`,
    `  ${paint.dim(`${''.padStart(4)} │`)} ${before}${paint.red('^')}`,
  ];
}
