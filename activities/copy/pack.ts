import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { folderOf, type Item, placesOf } from './items.ts';
import { linesOf, type Remote, said, sumOf, words } from './remote.ts';
import { ownName, type Sent } from './send.ts';

/** Larger ones go one by one, so that what was cut off can be taken up. */
export const packedBytes = 256 * 1024;
/** Files in one archive. */
export const packedFiles = 200;

/** An exit status of the script, beside those of the commands in it: the host has no tar. */
const NO_TAR = 83;

/** The names under which they wait. */
export type Packed = { readonly kind: 'packed'; readonly parts: ReadonlyMap<Item, string> };

/**
 * Brings small files in one go under hidden names of this sender's own, and checks all of them. A host without `tar` is told
 * apart: then they go one by one.
 */
export async function sendPacked(
  remote: Remote,
  target: string,
  items: readonly Item[],
  folderMode: number,
): Promise<Exclude<Sent, { kind: 'there' }> | Packed | { readonly kind: 'no_tar' }> {
  const parts = items.map((item) => ownName(placesOf(target, item).part));
  const line = [
    `umask ${(0o777 & ~folderMode).toString(8)}`,
    `command -v tar >/dev/null || exit ${NO_TAR}`,
    `mkdir -p -- ${words(...new Set(parts.map(folderOf)))} || exit`,
    // -o: they belong to who unpacks them, also where that is root.
    `tar -x -o -f - -C ${words(target)} || exit`,
    `sha256sum -- ${words(...parts)}`,
  ].join('; ');
  const result = await remote.run(line, archive(target, items, parts));
  if (!result.ended) return { kind: 'cut', says: result.failure.says };
  if (result.code === NO_TAR) return { kind: 'no_tar' };
  if (result.code !== 0) return { kind: 'refused', says: said(result) };
  const sums = linesOf(result.out).map(sumOf);
  const right = items.every(({ sha256 }, at) => sums[at] === sha256);
  if (!right) return { kind: 'differs' };
  return { kind: 'packed', parts: new Map(items.map((item, at) => [item, parts[at] ?? ''])) };
}

/** In order, each read when its turn comes. */
function archive(target: string, items: readonly Item[], parts: readonly string[]): Readable {
  const packed = pack();
  async function fill(): Promise<void> {
    for (const [at, item] of items.entries()) {
      const bytes = await buffer(await item.open(0));
      const { path } = placesOf(target, item);
      const name = `${folderOf(item.path)}${parts[at]?.slice(folderOf(path).length)}`;
      await new Promise<void>((resolve, reject) => {
        packed.entry({ name, mode: 0o600 }, bytes, (error) => (error ? reject(error) : resolve()));
      });
    }
    packed.finalize();
  }
  fill().catch((error: Error) => packed.destroy(error));
  return Readable.from(packed);
}
