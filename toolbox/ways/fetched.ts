import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeLock } from '../lock.ts';
import { keepKit, sweepWork, workFolder } from '../store.ts';
import { type Attempt, type Fetcher, missed, type Request, type Surroundings, type Way } from '../way.ts';
import { findInCache } from './cache.ts';

/**
 * A way that brings a kit into the cache with a fetcher. One process fetches a kit at a time; who waited looks into the
 * cache first. What is not finished is only ever in a work folder, which goes away with the attempt.
 */
export function fetched(fetcher: Fetcher): Way {
  return {
    name: fetcher.name,
    find: async (request, surroundings) => {
      const { why } = fetcher.offers(request);
      if (why !== undefined) return missed(why);
      const lock = await takeLock(join(surroundings.cache, 'locks', request.kit.name), {
        onWait: (owner) =>
          surroundings.progress(`waiting for process ${owner}, which fetches ${request.kit.name}`),
        ...(surroundings.signal === undefined ? {} : { signal: surroundings.signal }),
      }).catch((error: unknown) => lockFailure(error, surroundings));
      if ('kind' in lock) return lock;
      try {
        const meanwhile = await findInCache(request, surroundings.cache);
        return meanwhile.kind === 'found' ? meanwhile : await fetchInto(fetcher, request, surroundings);
      } finally {
        await lock.release();
      }
    },
  };
}

async function fetchInto(fetcher: Fetcher, request: Request, surroundings: Surroundings): Promise<Attempt> {
  const { cache } = surroundings;
  await sweepWork(cache, request.kit);
  const folder = await workFolder(cache, request.kit);
  try {
    const result = await fetcher.fetch(request, folder, surroundings);
    if (result.kind === 'missed') return result;
    await keepKit(cache, request.kit, fetcher.origin, folder, result.kit);
    const found = await findInCache(request, cache);
    if (found.kind === 'missed') return missed(`what it gave has no ${request.program} ${request.wanted}`);
    return { kind: 'found', program: { ...found.program, from: fetcher.origin } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function lockFailure(error: unknown, { cache, signal }: Surroundings): Attempt {
  if (signal?.aborted) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  return missed(
    `the cache ${cache} can't be written: ${reason}`,
    'set HOLDFAST_CACHE to a folder of your own',
  );
}
