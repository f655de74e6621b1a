import { digest } from '../../plan/ids.ts';
import type { AsUser } from '../../plan/rounds.ts';
import { launchedAs } from '../become/asUser.ts';
import type { SshConnection } from '../ssh/ssh.ts';
import type { Item } from './items.ts';
import { linesOf, remoteOf, said, sumOf, words } from './remote.ts';

export type Listed =
  | { readonly ok: true; readonly items: readonly Item[] }
  | { readonly ok: false; readonly transient: boolean; readonly says: string };

/** sysexits.h: EX_NOINPUT, an input file did not exist or was not readable. */
const NO_INPUT = 66;

/** Two lists of the same files: what `stat` says of each, then what `sha256sum` says. */
const LIST = [
  `if [ -f "$1" ]; then echo file; stat -c '%a %s %n' -- "$1" && sha256sum -- "$1"`,
  `elif [ -d "$1" ]; then cd -- "$1" && echo folder && find . -type f -exec stat -c '%a %s %n' -- {} + && find . -type f -exec sha256sum -- {} +`,
  `else echo "there is no file or folder $1" >&2; exit ${NO_INPUT}; fi`,
].join('; ');

/** A file, or all files of a folder, as they are on a host now; their bytes are read from there when they are sent. */
export async function listOnHost(
  connection: SshConnection,
  path: string,
  signal: AbortSignal,
  as?: AsUser,
): Promise<Listed> {
  const remote = remoteOf(connection, signal, as);
  const result = await remote.run(`set -- ${words(path)}; ${LIST}`);
  if (!result.ended) return { ok: false, transient: true, says: result.failure.says };
  if (result.code !== 0 || result.cut) return { ok: false, transient: false, says: said(result) };
  const [is, ...lines] = linesOf(result.out);
  const sums = new Map(lines.slice(lines.length / 2).map((line) => [line.slice(66), sumOf(line)]));
  const items: Item[] = [];
  for (const line of lines.slice(0, lines.length / 2)) {
    const [mode = '', bytes = '', ...rest] = line.split(' ');
    const name = rest.join(' ');
    const sum = sums.get(name);
    if (sum === undefined)
      return {
        ok: false,
        transient: false,
        says: `${path} changes while it is read, or has a file whose name can't be written on a line`,
      };
    const facts = { mode: Number.parseInt(mode, 8), bytes: Number(bytes), sha256: digest(sum) };
    items.push(itemThere({ connection, as }, path, is === 'file' ? '' : name.slice('./'.length), facts));
  }
  return items.length > 0
    ? { ok: true, items }
    : { ok: false, transient: false, says: `${path} has no files` };
}

function itemThere(
  { connection, as }: { readonly connection: SshConnection; readonly as: AsUser | undefined },
  path: string,
  within: string,
  facts: Pick<Item, 'mode' | 'bytes' | 'sha256'>,
): Item {
  const place = within === '' ? path : `${path.replace(/\/+$/, '')}/${within}`;
  return {
    ...facts,
    path: within,
    async open(from) {
      const line = `exec tail -c +${from + 1} -- ${words(place)}`;
      const launched = as === undefined ? undefined : launchedAs(as, line, [], () => {});
      const streamed = await (launched === undefined
        ? connection.stream(`cd; ${line}`)
        : connection.stream(launched.command, launched.options));
      if (!streamed.ok) throw new Error(streamed.failure.says);
      return streamed.out;
    },
  };
}
