import type { Digest } from '../../../plan/ids.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import type { Port } from '../../port.ts';

/** Outputs are at most 64 KiB a step and host, so that an answer is at most twice this. */
const BYTES_AT_ONCE = 64 * 1024;

/**
 * The outputs that stand in the store, by digest. Asked for a few at a time: what a local activity answers must stay
 * small, or the server ends the whole run.
 */
export async function storedTexts(
  port: Pick<Port, 'texts'>,
  results: readonly HostResult[],
): Promise<ReadonlyMap<Digest, string>> {
  const wanted = new Map(
    results.flatMap(({ stored }) =>
      Object.values(stored ?? {}).map(({ sha256, bytes }) => [sha256, bytes] as const),
    ),
  );
  const found = new Map<Digest, string>();
  let part: Digest[] = [];
  let size = 0;
  for (const [digest, bytes] of wanted) {
    part.push(digest);
    size += bytes;
    if (size < BYTES_AT_ONCE && found.size + part.length < wanted.size) continue;
    const texts = await port.texts(part);
    for (const [at, one] of part.entries()) found.set(one, texts[at] ?? '');
    part = [];
    size = 0;
  }
  return found;
}
