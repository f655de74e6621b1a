import type { Digest } from '../../plan/ids.ts';
import type { SshFailure } from '../ssh/ssh.ts';
import { type Item, placesOf } from './items.ts';
import { linesOf, type Remote, said, sumOf, words } from './remote.ts';

/** What stands at an item's place. */
export type Seen = {
  readonly is: 'file' | 'nothing' | 'folder';
  readonly sha256: string;
  /** Octal digits. */
  readonly mode: string;
  /** `uid:gid` and `user:group`. */
  readonly owner: readonly [ids: string, names: string];
  /** Bytes under the hidden name: a copy that was cut off. */
  readonly part: number;
};

export type Looked =
  | { readonly ok: true; readonly seen: readonly Seen[] }
  | { readonly ok: false; readonly says: string }
  | { readonly ok: false; readonly failure: SshFailure };

/** Files asked about in one exec: a command line has its limits. */
const atOnce = 200;

/**
 * One line for each place in order (`file`, `folder` or `nothing`, and the bytes of its part), then what `stat` and `sha256sum` say
 * of those that are files, in the same order: one process each for all of them. A link is not followed: what is put in place
 * takes its place.
 */
const LOOK = [
  'n=$#; while [ $n -gt 0 ]; do p=$1; t=$2; shift 2; n=$((n-2)); b=0',
  'if [ -s "$t" ]; then b=$(wc -c <"$t"); fi',
  'if [ -L "$p" ]; then echo nothing $b; elif [ -d "$p" ]; then echo folder $b',
  'elif [ -f "$p" ]; then echo file $b; set -- "$@" "$p"; else echo nothing $b; fi; done',
  '[ $# -gt 0 ] || exit 0',
  `stat -c '%a %u:%g %U:%G' -- "$@" && sha256sum -- "$@"`,
].join('; ');

/** Looks at every item's place. It only reads. */
export async function look(remote: Remote, target: string, items: readonly Item[]): Promise<Looked> {
  const seen: Seen[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    const some = items.slice(from, from + atOnce).map((item) => placesOf(target, item));
    const asked = words(...some.flatMap(({ path, part }) => [path, part]));
    const result = await remote.run(`set -- ${asked}; ${LOOK}`);
    if (!result.ended) return { ok: false, failure: result.failure };
    const read = result.code === 0 ? readSeen(linesOf(result.out), some.length) : undefined;
    if (read === undefined) return { ok: false, says: said(result) };
    seen.push(...read);
  }
  return { ok: true, seen };
}

function readSeen(lines: readonly string[], count: number): readonly Seen[] | undefined {
  const places = lines.slice(0, count).map((line) => line.split(/\s+/));
  const files = places.filter(([is]) => is === 'file').length;
  if (places.length !== count || lines.length !== count + 2 * files) return undefined;
  let file = 0;
  return places.map(([is, part]): Seen => {
    const nothing = { sha256: '-', mode: '-', owner: ['-', '-'], part: Number(part) } as const;
    if (is !== 'file') return { is: is === 'folder' ? 'folder' : 'nothing', ...nothing };
    const [mode = '', ids = '', names = ''] = (lines[count + file] ?? '').split(' ');
    const sha256 = sumOf(lines[count + files + file] ?? '');
    file += 1;
    return { ...nothing, is: 'file', sha256, mode, owner: [ids, names] };
  });
}

/** Whether an item needs nothing more than what stands there. `owner` as chown takes it. */
export function isRight(seen: Seen, sha256: Digest, mode: number, owner: string | undefined): boolean {
  return seen.is === 'file' && seen.sha256 === sha256 && hasMode(seen, mode) && hasOwner(seen, owner);
}

function hasMode(seen: Seen, mode: number): boolean {
  return Number.parseInt(seen.mode, 8) === mode;
}

function hasOwner(seen: Seen, owner: string | undefined): boolean {
  if (owner === undefined) return true;
  const [user = '', group = ''] = owner.split(':');
  return seen.owner.some((words) => {
    const [itsUser, itsGroup] = words.split(':');
    return (user === '' || user === itsUser) && (group === '' || group === itsGroup);
  });
}
