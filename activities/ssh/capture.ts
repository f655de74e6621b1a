/** One output stream of a command: handed on as it comes, or kept up to a limit, with a word if there was more. */
export class Capture {
  readonly #sink: ((bytes: Uint8Array) => void) | undefined;
  readonly #max: number;
  readonly #pieces: Uint8Array[] = [];
  #kept = 0;
  #cut = false;

  constructor(max: number, sink: ((bytes: Uint8Array) => void) | undefined) {
    this.#max = max;
    this.#sink = sink;
  }

  get cut(): boolean {
    return this.#cut;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#sink !== undefined) {
      this.#sink(bytes);
      return;
    }
    const room = this.#max - this.#kept;
    if (bytes.length > room) this.#cut = true;
    if (room <= 0) return;
    const piece = bytes.subarray(0, room);
    this.#kept += piece.length;
    this.#pieces.push(piece);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
