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
 * Brings an item's bytes, from `from` on, under its hidden name, and checks all of it there. What is written is for nobody
 * else until it is complete: mode 0600. Where the disk is full, or the digest is another, the hidden file is removed.
 */
export async function send(
  remote: Remote,
  target: string,
  item: Item,
  from: number,
  more: { readonly folderMode: number; readonly alone: string },
): Promise<Sent> {
  const { path, part } = placesOf(target, item, more.alone);
  const data = await item.open(from);
  let failed: Error | undefined;
  data.once('error', (error) => {
    failed = error;
  });
  const line = [
    `set -- ${words(folderOf(path) || '.', part, item.sha256)}`,
    `umask ${(0o777 & ~more.folderMode).toString(8)}; mkdir -p -- "$1" || exit; umask 077`,
    // Where it begins must be where the last one stopped; else whoever wrote there is another one.
    from === 0
      ? ': >"$2" || exit'
      : `[ -f "$2" ] && [ "$(wc -c <"$2")" -eq ${from} ] || { rm -f -- "$2"; exit ${SHORTER}; }`,
    'cat >>"$2" || { r=$?; rm -f -- "$2"; exit $r; }',
    'h=$(sha256sum <"$2") || exit',
    `[ "\${h%% *}" = "$3" ] || { [ "$(wc -c <"$2")" -lt ${item.bytes} ] && exit ${SHORTER}; rm -f -- "$2"; exit ${DIFFERS}; }`,
  ].join('; ');
  const result = await remote.run(line, data);
  data.destroy();
  if (failed !== undefined)
    return { kind: 'cut', says: `${item.path || 'it'} can't be read: ${failed.message}` };
  return answerOf(result);
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
