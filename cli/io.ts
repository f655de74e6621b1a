import { once } from 'node:events';
import picocolors from 'picocolors';

export type Paint = ReturnType<typeof picocolors.createColors>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command has of the outside: where it writes, and whether somebody is there to look and to answer. */
export type Io = {
  readonly env: Environment;
  /** Data: standard output. */
  readonly out: (text: string) => void;
  /** Data, a part of a line. */
  readonly part: (text: string) => void;
  /** Resolves once the reader of standard output has taken what was written; at once where it keeps up. */
  readonly drained: () => Promise<void>;
  /** Talk: standard error. */
  readonly say: (text: string) => void;
  /** Colours for `out`; without effect where it is no terminal. */
  readonly paint: Paint;
  /** Colours for `say`. */
  readonly talk: Paint;
  /** Whether `out` is a terminal, which can be drawn over. */
  readonly live: boolean;
  /** Whether `say` is a terminal. */
  readonly liveTalk: boolean;
  /** Whether a question can be asked and answered. */
  readonly canAsk: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
  readonly now: () => number;
};

export function processIo(): Io {
  const { env, stdin, stdout, stderr } = process;
  const drawable = env.TERM !== 'dumb';
  // A reader that has seen enough (`| head`) is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    env,
    out: (text) => void stdout.write(`${text}\n`),
    part: (text) => void stdout.write(text),
    drained: async () => void (stdout.writableNeedDrain && (await once(stdout, 'drain'))),
    say: (text) => void stderr.write(`${text}\n`),
    paint: picocolors.createColors(coloured(stdout.isTTY, env)),
    talk: picocolors.createColors(coloured(stderr.isTTY, env)),
    live: stdout.isTTY === true && drawable,
    liveTalk: stderr.isTTY === true && drawable,
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    columns: () => stdout.columns ?? stderr.columns ?? 100,
    rows: () => stdout.rows ?? stderr.rows ?? 30,
    now: Date.now,
  };
}

/** Colour on a terminal that can show it, unless NO_COLOR (no-color.org) is set to anything; FORCE_COLOR overrides. */
export function coloured(terminal: boolean | undefined, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return terminal === true && env.TERM !== 'dumb';
}
