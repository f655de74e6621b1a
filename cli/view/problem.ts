import { HoldfastError } from '../../plan/errors.ts';
import { CommandError } from '../exit.ts';
import type { Paint } from '../io.ts';
import { complaintText } from './complaint.ts';

/** An error as three things: what happened and where, each complaint, and what to do next. */
export function problemText(paint: Paint, error: unknown): string {
  if (!(error instanceof HoldfastError)) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${paint.red('unexpected:')} ${what}\nThis is a bug in holdfast: please report it.`;
  }
  const complaints = error instanceof CommandError ? error.complaints : [];
  const placed = complaints.filter(({ line }) => line !== undefined);
  return [
    `${paint.red(paint.bold('error:'))} ${error.message} ${paint.dim(`(${error.code})`)}`,
    ...(placed.length > 0 || complaints.length > 1 ? complaints : []).map((complaint) =>
      complaintText(paint, complaint),
    ),
    `${paint.bold('next:')}  ${error.mend}`,
  ].join('\n');
}
