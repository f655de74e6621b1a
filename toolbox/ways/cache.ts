import { join } from 'node:path';
import { type CachedKit, cachedKits, damageOf } from '../store.ts';
import { type Attempt, type FoundProgram, missed, type Request, type Way } from '../way.ts';

/** What was fetched before. The program's SHA-256 is compared each time it is handed out. */
export const cacheWay: Way = {
  name: 'the cache',
  find: (request, { cache }) => findInCache(request, cache),
};

export async function findInCache(request: Request, cache: string): Promise<Attempt> {
  const damages: string[] = [];
  for (const cached of await cachedKits(cache, request.kit, request.wanted)) {
    const program = programOf(cached, request);
    if (program === undefined) continue;
    const damage = await damageOf(cached, cached.manifest.programs[request.program]);
    if (damage === undefined) return { kind: 'found', program };
    damages.push(damage);
  }
  return missed(damages.length === 0 ? `nothing that fits in ${cache}` : damages.join('; '));
}

function programOf(cached: CachedKit, request: Request): FoundProgram | undefined {
  const path = cached.manifest.programs[request.program];
  if (path === undefined) return undefined;
  const libraries = cached.manifest.libraries.map((library) => join(cached.folder, library));
  return {
    path: join(cached.folder, path),
    version: cached.manifest.version,
    from: 'cache',
    ...(libraries.length === 0 ? {} : { libraryPath: libraries.join(':') }),
  };
}
