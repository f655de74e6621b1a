/** Why an expression could not be read or evaluated, and where in its text. Offsets count UTF-16 units from 0. */
export type ExpressionFailure = {
  readonly ok: false;
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  readonly mend?: string;
};

export type Place = { readonly start: number; readonly end: number };

/** Thrown inside the evaluator only: its functions do not know where they are called, their caller adds the place. */
export class Fault extends Error {
  readonly mend: string | undefined;
  place: Place | undefined;
  /** The budget is spent: no `||` and no `exists` may go on. */
  readonly final: boolean;

  constructor(message: string, options: { mend?: string; place?: Place; final?: boolean } = {}) {
    super(message);
    this.name = 'Fault';
    this.mend = options.mend;
    this.place = options.place;
    this.final = options.final ?? false;
  }
}

export function failureOf(fault: Fault): ExpressionFailure {
  const start = fault.place?.start ?? 0;
  const end = fault.place?.end ?? start;
  return failure(fault.message, { start, end }, fault.mend);
}

export function failure(message: string, place: Place, mend?: string): ExpressionFailure {
  const at = {
    ok: false,
    message,
    offset: place.start,
    length: Math.max(0, place.end - place.start),
  } as const;
  return mend === undefined ? at : { ...at, mend };
}
