import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Digest } from '../../plan/ids.ts';

/** A file that is copied. */
export type Item = {
  /** Within the folder, with `/`; empty where a lone file is copied. */
  readonly path: string;
  readonly sha256: Digest;
  readonly bytes: number;
  /** Permission bits, as chmod takes them in octal. */
  readonly mode: number;
  /** Its bytes from an offset on. The stream fails where they can't be read. */
  open(from: number): Promise<Readable>;
};

/** What a copy says of itself: of a folder, the SHA-256 of a line `SHA256  PATH` for each file, sorted by path. */
export function summed(items: readonly Item[]): {
  readonly sha256: string;
  readonly bytes: number;
  readonly files: number;
} {
  const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  const [only] = items;
  if (only?.path === '') return { sha256: only.sha256, bytes, files: 1 };
  const lines = items.map((item) => `${item.sha256}  ${item.path}\n`).sort(byPath);
  return { sha256: createHash('sha256').update(lines.join('')).digest('hex'), bytes, files: items.length };
}

/** As bytes compare, so that the order is the same whatever the language of the machine. */
function byPath(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one.slice(66)), Buffer.from(other.slice(66)));
}

/**
 * Where an item goes, and its hidden name until it is complete. What is hidden belongs to one content at one place: a part
 * of anything else is never taken up.
 */
export function placesOf(target: string, item: Item): { readonly path: string; readonly part: string } {
  const path = item.path === '' ? target : `${target.replace(/\/+$/, '')}/${item.path}`;
  const of = createHash('sha256').update(`${path}\0${item.sha256}`).digest('hex').slice(0, 32);
  return { path, part: `${folderOf(path)}.holdfast-${of}` };
}

/** With its slash; empty where the path has none. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
