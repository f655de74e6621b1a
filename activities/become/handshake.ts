type Next = 'asks' | 'begins' | 'ended';

/**
 * Reads what comes on stderr of a command under sudo: prompts, what sudo says, the line by which the command says that it
 * begins, and from there on what the command says.
 */
export class Handshake {
  begun = false;
  /** What sudo said before the command began. */
  said = '';
  readonly #prompt: string;
  readonly #begins: string;
  readonly #pass: (bytes: Uint8Array) => void;
  readonly #seen: Next[] = [];
  #held: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  constructor(prompt: string, begins: string, pass: (bytes: Uint8Array) => void) {
    this.#prompt = prompt;
    this.#begins = begins;
    this.#pass = pass;
  }

  push(bytes: Uint8Array): void {
    if (this.begun) {
      this.#pass(bytes);
      return;
    }
    this.#held = Buffer.concat([this.#held, bytes]);
    while (!this.begun) {
      const end = this.#held.indexOf(10);
      if (end < 0) return;
      this.#line(this.#held.subarray(0, end).toString('utf8'));
      this.#held = this.#held.subarray(end + 1);
    }
    if (this.#held.length > 0) this.#pass(this.#held);
  }

  /** Nothing more will come. */
  end(): void {
    this.#tell('ended');
  }

  /** What is seen next: each prompt, then the beginning or the end. */
  async next(): Promise<Next> {
    while (this.#seen.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#seen.shift() ?? 'ended';
  }

  #line(line: string): void {
    if (line.endsWith(this.#prompt)) {
      this.#tell('asks');
    } else if (line.endsWith(this.#begins)) {
      this.begun = true;
      this.#tell('begins');
    } else if (this.said.length < mostSaid) {
      this.said += `${line}\n`;
    }
  }

  #tell(what: Next): void {
    this.#seen.push(what);
    this.#wake?.();
  }
}

/** sudo's lecture and its complaint have room in it. */
const mostSaid = 8 * 1024;
