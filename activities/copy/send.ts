import { randomBytes } from 'node:crypto';
import type { ExecResult } from '../ssh/ssh.ts';
import { folderOf, type Item, placesOf } from './items.ts';
import { type Remote, said, words } from './remote.ts';

/** `cut`: the connection went away, or the bytes could not be read; what has arrived stays, to be taken up. */
export type Sent =
  | { readonly kind: 'there' }
  | { readonly kind: 'differs' }
  | { readonly kind: 'refused'; readonly says: string }
  | { readonly kind: 'cut'; readonly says: string };

/** Exit statuses of the script, beside those of the commands in it. */
const SHORTER = 81;
const DIFFERS = 82;

/**
 * Brings an item's bytes, from `from` on, under its hidden name, and checks all of it there. It is written under a name of this
 * sender's own and gets the hidden one when nobody writes to it any more: a sender that stood still meanwhile never writes into
 * what another one has put in place. What was cut off is taken up by a rename, which one wins. It is for nobody else until it is
 * complete: mode 0600. Where the disk is full, or the digest is another, it is removed.
 */
export async function send(
  remote: Remote,
  target: string,
  item: Item,
  from: number,
  folderMode: number,
): Promise<Sent> {
  const { path, part } = placesOf(target, item);
  const data = await item.open(from);
  let failed: Error | undefined;
  data.once('error', (error) => {
    failed = error;
  });
  const line = [
    `set -- ${words(folderOf(path) || '.', part, ownName(part), item.sha256)}`,
    `umask ${(0o777 & ~folderMode).toString(8)}; mkdir -p -- "$1" || exit; umask 077`,
    from === 0
      ? 'rm -f -- "$2"; : >"$3" || exit'
      : `mv -f -- "$2" "$3" && [ "$(wc -c <"$3")" -eq ${from} ] || { rm -f -- "$3"; exit ${SHORTER}; }`,
    'cat >>"$3" || { r=$?; rm -f -- "$3"; exit $r; }',
    'h=$(sha256sum <"$3") || exit; r=0',
    `[ "\${h%% *}" = "$4" ] || r=${DIFFERS}`,
    `[ $r = 0 ] || [ "$(wc -c <"$3")" -ge ${item.bytes} ] || r=${SHORTER}`,
    `case $r in ${DIFFERS}) rm -f -- "$3" ;; *) mv -f -- "$3" "$2" || exit ;; esac; exit $r`,
  ].join('; ');
  const result = await remote.run(line, data);
  data.destroy();
  if (failed !== undefined)
    return { kind: 'cut', says: `${item.path || 'it'} can't be read: ${failed.message}` };
  return answerOf(result);
}

/** A name that nobody else writes to. */
export function ownName(part: string): string {
  return `${part}-${randomBytes(4).toString('hex')}`;
}

function answerOf(result: ExecResult): Sent {
  if (!result.ended) return { kind: 'cut', says: result.failure.says };
  switch (result.code) {
    case 0:
      return { kind: 'there' };
    case SHORTER:
      return { kind: 'cut', says: 'less has arrived than was sent' };
    case DIFFERS:
      return { kind: 'differs' };
    default:
      return { kind: 'refused', says: said(result) };
  }
}
