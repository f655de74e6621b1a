import type { Readable } from 'node:stream';
import type { AsUser } from '../../plan/rounds.ts';
import { execAs } from '../become/asUser.ts';
import { quoted } from '../jobs/shell.ts';
import type { ExecResult, SshConnection } from '../ssh/ssh.ts';

/** How the scripts of a copy run on a host. */
export type Remote = {
  /** A script of one line; `data` is its stdin. */
  run(line: string, data?: Readable): Promise<ExecResult>;
};

/** Its output is a few hundred bytes for each file that is asked about. */
const answerBytes = 4 * 1024 * 1024;

/**
 * The command line says the same three words whatever the login shell is; the script is the first line of stdin, which
 * `read` takes byte by byte, so that what follows it is left to the script.
 */
const READS_ITS_SCRIPT = `exec sh -c 'cd; IFS= read -r script; eval "$script"'`;

export function remoteOf(connection: SshConnection, signal: AbortSignal, as?: AsUser): Remote {
  return {
    run(line, data) {
      if (line.includes('\n')) throw new TypeError('a script of one line has no line break');
      if (as !== undefined)
        return execAs(connection, as, line, data ?? [], { signal, maxBytes: answerBytes });
      const stdin = data === undefined ? `${line}\n` : { first: `${line}\n`, rest: data };
      return connection.exec(READS_ITS_SCRIPT, { stdin, signal, maxBytes: answerBytes });
    },
  };
}

/** Words of a shell command, each as it is. A line break can't be said in a script of one line. */
export function words(...texts: readonly string[]): string {
  return texts.map(quoted).join(' ');
}

/** The last thing that a command said on stderr, or that it said nothing. */
export function said(result: { readonly code: number; readonly err: Uint8Array }): string {
  const lines = Buffer.from(result.err).toString('utf8').trim().split('\n');
  return lines.at(-1) || `its shell ended with ${result.code}, and nothing on stderr`;
}

/** Lines of a command's output, each with its end. */
export function linesOf(out: Uint8Array): readonly string[] {
  return Buffer.from(out).toString('utf8').split('\n').slice(0, -1);
}

/** The digest in a line of `sha256sum`, which puts a backslash before it where the name has one or a line break. */
export function sumOf(line: string): string {
  return line.replace(/^\\/, '').slice(0, 64);
}
