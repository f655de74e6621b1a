import { Readable } from 'node:stream';
import type { AsUser } from '../../plan/rounds.ts';
import { drawMark } from '../jobs/ask.ts';
import { quoted } from '../jobs/shell.ts';
import type { ExecOptions, ExecResult } from '../ssh/ssh.ts';
import { Handshake } from './handshake.ts';
import { refusal } from './refusal.ts';

/** What a command that runs as another user needs beside itself. */
export type Launched = {
  readonly command: string;
  readonly options: Pick<ExecOptions, 'onErr'> & { readonly stdin: NonNullable<ExecOptions['stdin']> };
  /** Why sudo did not let it begin, once the command has ended; undefined where it did. */
  refused(): string | undefined;
};

/** Whatever the login shell is, it understands these words; `read` takes no byte more than the line. */
const READS_ITS_COMMAND = `exec sh -c 'IFS= read -r hf; eval "$hf"'`;

/**
 * A script of one line, run by sudo as another user in that user's home folder; its stdin is `data`. The script goes by
 * stdin when sudo has let us in, the password only when sudo asks for it, and once. `onErr` gets what the script itself says.
 */
export function launchedAs(
  as: AsUser,
  script: string,
  data: Iterable<string> | AsyncIterable<Uint8Array | string>,
  onErr: (bytes: Uint8Array) => void,
): Launched {
  const prompt = drawMark().trim();
  const begins = drawMark().trim();
  const talk = new Handshake(prompt, begins, onErr);
  async function* feed(): AsyncGenerator<string | Uint8Array> {
    for (let asked = 0; ; asked += 1) {
      const next = await talk.next();
      if (next === 'begins') break;
      if (next === 'ended' || asked > 0 || as.password === undefined) return;
      yield `${as.password}\n`;
    }
    yield `${script}\n`;
    yield* data;
  }
  const boot = `unset LC_ALL; echo ${begins} >&2; cd "\${HOME:-/}" 2>/dev/null || cd /; IFS= read -r hf; eval "$hf"`;
  // A prompt of its own line, so that a reader of lines sees it.
  const asks = as.password === undefined ? '-n' : `-S -k -p "${prompt}$n"`;
  const sudo = `sudo -H ${asks} -u ${quoted(as.user)} -- sh -c ${quoted(boot)}`;
  const newline = as.password === undefined ? '' : `n=$(printf '\\n.'); n=\${n%.}; `;
  return {
    command: READS_ITS_COMMAND,
    options: {
      stdin: {
        first: `export LC_ALL=C; ${newline}exec ${sudo}\n`,
        rest: Readable.from(feed(), { objectMode: false }),
      },
      onErr: (bytes) => talk.push(bytes),
    },
    refused() {
      talk.end();
      return talk.begun ? undefined : refusal(as, talk.said);
    },
  };
}

/** A command that has ended, or what sudo said instead of beginning it. */
export type EndedAs = ExecResult & { readonly refused?: string };

/** Runs it to its end and gathers what it says on stderr. Where sudo refuses, that is what is on stderr. */
export async function execAs(
  connection: { exec(command: string, options: ExecOptions): Promise<ExecResult> },
  as: AsUser,
  script: string,
  data: Iterable<string> | AsyncIterable<Uint8Array | string>,
  options: Omit<ExecOptions, 'stdin' | 'onErr'> = {},
): Promise<EndedAs> {
  const err: Uint8Array[] = [];
  let room = options.maxBytes ?? errBytes;
  const launched = launchedAs(as, script, data, (bytes) => {
    err.push(bytes.subarray(0, Math.max(0, room)));
    room -= bytes.length;
  });
  const result = await connection.exec(launched.command, { ...options, ...launched.options });
  const refused = result.ended ? launched.refused() : undefined;
  if (refused !== undefined) return { ...result, refused, err: Buffer.from(`${refused}\n`) };
  return { ...result, err: Buffer.concat(err), ...(room < 0 ? { cut: true } : {}) };
}

/** Of stderr, where the caller names no limit. */
const errBytes = 1024 * 1024;
