/**
 * The one error base. `code` is stable and documented, `message` says what happened and where in a sentence,
 * `mend` says what the reader can do next.
 */
export class HoldfastError extends Error {
  readonly code: string;
  readonly mend: string;

  constructor(code: string, message: string, mend: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HoldfastError';
    this.code = code;
    this.mend = mend;
  }
}
