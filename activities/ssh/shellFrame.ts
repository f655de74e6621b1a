/**
 * How a script goes to a shell that stays open, and how its end is found again in the two streams. The mark is random
 * for each script, so that no output can be taken for it; all words are builtins, so that the only fork is the
 * subshell's. `eval` of a quoted text keeps a syntax error, an `exit` and a `set -e` inside that subshell.
 */
export function frame(text: string, mark: string): string {
  return `( eval ${quote(text)} ) </dev/null; echo ${mark}:$?; echo ${mark} >&2\n`;
}

/** What comes before the first mark is the login shell's own (a greeting of its rc file). */
export function opening(mark: string): string {
  return `echo ${mark}; echo ${mark} >&2\n`;
}

/** For every POSIX shell: nothing is special between single quotes but the single quote. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Passes on what comes before a mark and finds the line that it begins, however the bytes are cut into pieces. */
export class MarkFinder {
  readonly #mark: Buffer;
  readonly #pass: (bytes: Uint8Array) => void;
  #held: Buffer = Buffer.alloc(0);

  constructor(mark: string, pass: (bytes: Uint8Array) => void) {
    this.#mark = Buffer.from(mark);
    this.#pass = pass;
  }

  /** The rest of the mark's line, once it is complete. */
  push(piece: Buffer): string | undefined {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const at = bytes.indexOf(this.#mark);
    if (at < 0) {
      const keep = Math.min(bytes.length, this.#mark.length - 1);
      this.#pass(bytes.subarray(0, bytes.length - keep));
      this.#held = bytes.subarray(bytes.length - keep);
      return undefined;
    }
    this.#pass(bytes.subarray(0, at));
    this.#held = bytes.subarray(at);
    const end = this.#held.indexOf(0x0a, this.#mark.length);
    return end < 0 ? undefined : this.#held.toString('latin1', this.#mark.length, end);
  }

  /** The stream has ended without the mark: what was held back was output. */
  flush(): void {
    this.#pass(this.#held);
    this.#held = Buffer.alloc(0);
  }
}
