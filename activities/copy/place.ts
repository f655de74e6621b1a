import type { ExecResult } from '../ssh/ssh.ts';
import { type Item, placesOf } from './items.ts';
import { type Remote, said, words } from './remote.ts';

export type Placing = {
  readonly item: Item;
  /** The hidden name under which it waits. Left out: only its mode or its owner differ. */
  readonly part?: string;
};

export type Placed =
  | { readonly kind: 'placed' }
  | { readonly kind: 'refused'; readonly says: string }
  | { readonly kind: 'cut'; readonly says: string };

/** Files in one exec: a command line has its limits. */
const atOnce = 200;

/** Gives every item its mode and owner, and renames what has arrived to its place. */
export async function place(
  remote: Remote,
  target: string,
  placings: readonly Placing[],
  owner: string | undefined,
): Promise<Placed> {
  for (let from = 0; from < placings.length; from += atOnce) {
    const some = placings.slice(from, from + atOnce);
    const placed = placedBy(await remote.run(placeText(target, some, owner)));
    if (placed.kind !== 'placed') return placed;
  }
  return { kind: 'placed' };
}

/**
 * One process for all files wherever that can be. chown takes away set-id bits, so chmod comes after it; what is renamed is on
 * the disk before, as far as `sync` can: an old one takes no file.
 */
function placeText(target: string, placings: readonly Placing[], owner: string | undefined): string {
  const now = placings.map(({ item, part }) => part ?? placesOf(target, item).path);
  const modes = Map.groupBy(placings.keys(), (at) => placings[at]?.item.mode ?? 0);
  const moves = placings.flatMap(({ item, part }) =>
    part === undefined ? [] : [`put ${words(part, placesOf(target, item).path)}`],
  );
  return [
    ...(owner === undefined ? [] : [`chown -- ${words(owner, ...now)} || exit`]),
    ...[...modes].map(
      ([mode, at]) => `chmod -- ${mode.toString(8)} ${words(...at.map((of) => now[of] ?? ''))} || exit`,
    ),
    `sync -- ${words(...now)} 2>/dev/null || :`,
    'put() { if [ -d "$2" ] && [ ! -L "$2" ]; then echo "$2 is a folder" >&2; exit 1; fi; mv -f -- "$1" "$2" || exit; }',
    ...moves,
  ].join('; ');
}

function placedBy(result: ExecResult): Placed {
  if (!result.ended) return { kind: 'cut', says: result.failure.says };
  return result.code === 0 ? { kind: 'placed' } : { kind: 'refused', says: said(result) };
}
