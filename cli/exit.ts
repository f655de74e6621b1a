import { HoldfastError } from '../plan/errors.ts';
import type { Complaint } from '../server/api/problem.ts';

/** What the command answers to the shell. */
export const EXIT = {
  done: 0,
  /** The run, or a check, failed. */
  failed: 1,
  /** Invalid input, or something that can't be done now. */
  invalid: 2,
  /** The run is held or waits for a person, and nobody here follows it. */
  waiting: 3,
  unreachable: 4,
  notAllowed: 5,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** What went wrong with a command, with the exit code that says so. */
export class CommandError extends HoldfastError {
  readonly exit: Exit;
  readonly complaints: readonly Complaint[];

  constructor(
    exit: Exit,
    code: string,
    message: string,
    mend: string,
    complaints: readonly Complaint[] = [],
    options?: ErrorOptions,
  ) {
    super(code, message, mend, options);
    this.name = 'CommandError';
    this.exit = exit;
    this.complaints = complaints;
  }
}

export function invalid(code: string, message: string, mend: string): CommandError {
  return new CommandError(EXIT.invalid, code, message, mend);
}

/** The server's HTTP status as an exit code. A refusal by the run itself (409) is something that can't be done now. */
export function exitOfStatus(status: number): Exit {
  if (status === 401 || status === 403) return EXIT.notAllowed;
  return status >= 500 ? EXIT.unreachable : EXIT.invalid;
}

/** Whether trying again later may help: the server did not answer, or said that it can't now. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof CommandError && error.exit === EXIT.unreachable;
}

/** Errors of the parts that a command calls directly: what a person can put right in the command is invalid input. */
export function exitOf(error: unknown): Exit {
  if (error instanceof CommandError) return error.exit;
  if (!(error instanceof HoldfastError)) return EXIT.failed;
  if (error.code === 'engine/unreachable') return EXIT.unreachable;
  return /^(up|server|inventory|language|input|plan)\/|^lab_/.test(error.code) ? EXIT.invalid : EXIT.failed;
}

/** How an ended or standing run answers to the shell. */
export function exitOfRun(status: string): Exit {
  if (status === 'succeeded') return EXIT.done;
  if (status === 'failed' || status === 'cancelled' || status === 'rolled_back') return EXIT.failed;
  return EXIT.waiting;
}
