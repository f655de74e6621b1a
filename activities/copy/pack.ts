import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { folderOf, type Item, placesOf } from './items.ts';
import { linesOf, type Remote, said, sumOf, words } from './remote.ts';
import type { Sent } from './send.ts';

/** Larger ones go one by one, so that what was cut off can be taken up. */
export const packedBytes = 256 * 1024;
/** Files in one archive. */
export const packedFiles = 200;

/** An exit status of the script, beside those of the commands in it: the host has no tar. */
const NO_TAR = 83;

/**
 * Brings small files under their hidden names in one go, and checks all of them. A host without `tar` is told apart: then they
 * go one by one.
 */
export async function sendPacked(
  remote: Remote,
  target: string,
  items: readonly Item[],
  folderMode: number,
): Promise<Sent | { readonly kind: 'no_tar' }> {
  const parts = items.map((item) => placesOf(target, item).part);
  const line = [
    `umask ${(0o777 & ~folderMode).toString(8)}`,
    `command -v tar >/dev/null || exit ${NO_TAR}`,
    `mkdir -p -- ${words(...new Set(parts.map(folderOf)))} || exit`,
    // -o: they belong to who unpacks them, also where that is root.
    `tar -x -o -f - -C ${words(target)} || exit`,
    `sha256sum -- ${words(...parts)}`,
  ].join('; ');
  const result = await remote.run(line, archive(target, items));
  if (!result.ended) return { kind: 'cut', says: result.failure.says };
  if (result.code === NO_TAR) return { kind: 'no_tar' };
  if (result.code !== 0) return { kind: 'refused', says: said(result) };
  const sums = linesOf(result.out).map(sumOf);
  const right = items.every(({ sha256 }, at) => sums[at] === sha256);
  return right ? { kind: 'there' } : { kind: 'differs' };
}

/** In order, each read when its turn comes. */
function archive(target: string, items: readonly Item[]): Readable {
  const packed = pack();
  async function fill(): Promise<void> {
    for (const item of items) {
      const bytes = await buffer(await item.open(0));
      const { path, part } = placesOf(target, item);
      const name = `${folderOf(item.path)}${part.slice(folderOf(path).length)}`;
      await new Promise<void>((resolve, reject) => {
        packed.entry({ name, mode: 0o600 }, bytes, (error) => (error ? reject(error) : resolve()));
      });
    }
    packed.finalize();
  }
  fill().catch((error: Error) => packed.destroy(error));
  return Readable.from(packed);
}
