import { HoldfastError } from '../../plan/errors.ts';
import type { Complaint } from '../api/problem.ts';

/** Why a request is not served, with the HTTP status that says so. */
export class RequestError extends HoldfastError {
  readonly status: number;
  readonly complaints: readonly Complaint[];

  constructor(
    status: number,
    code: string,
    message: string,
    mend: string,
    complaints: readonly Complaint[] = [],
  ) {
    super(code, message, mend);
    this.name = 'RequestError';
    this.status = status;
    this.complaints = complaints;
  }
}

export function noSuchRun(run: string): RequestError {
  return new RequestError(
    404,
    'run/unknown',
    `There is no run ${run}.`,
    'See `holdfast runs` for those there are.',
  );
}
