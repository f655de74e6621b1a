import { join } from 'node:path';
import { type CachedKit, cachedKits, damageOf } from '../store.ts';
import { type Attempt, type FoundProgram, missed, type Request, type Way } from '../way.ts';

/** What was fetched before. The program's SHA-256 is compared before it is handed out. */
export const cacheWay: Way = {
  name: 'the cache',
  find: (request, { cache }) => findInCache(request, cache),
};

export async function findInCache(request: Request, cache: string): Promise<Attempt> {
  const damages: string[] = [];
  for (const cached of await cachedKits(cache, request.kit, request.wanted)) {
    const file = cached.manifest.programs[request.program];
    if (file === undefined) continue;
    const damage = await damageOf(cached, file);
    if (damage === undefined) return { kind: 'found', program: programOf(cached, file) };
    damages.push(damage);
  }
  return missed(damages.length === 0 ? `nothing that fits in ${cache}` : damages.join('; '));
}

function programOf(cached: CachedKit, file: string): FoundProgram {
  const libraries = cached.manifest.libraries.map((library) => join(cached.folder, library));
  return {
    path: join(cached.folder, file),
    version: cached.manifest.version,
    from: 'cache',
    ...(libraries.length === 0 ? {} : { libraryPath: libraries.join(':') }),
  };
}
