import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { sha256OfFile } from './checksum.ts';
import type { Kit, KitName, ProgramName } from './programs.ts';
import { newestFirst, satisfies } from './version.ts';
import type { FetchedKit, Origin } from './way.ts';

/**
 * The cache folder: `programs/<kit>-<version>-<os>-<arch>-<origin>/` with the kit's files and `manifest.json` with the SHA-256
 * of each, `locks/`, and `work/` for what is being fetched. A kit appears under `programs/` by one rename, whole.
 */
type Manifest = {
  readonly kit: KitName;
  readonly version: string;
  readonly origin: Origin;
  readonly platform: string;
  readonly programs: Readonly<Partial<Record<ProgramName, string>>>;
  readonly libraries: readonly string[];
  readonly sha256: Readonly<Record<string, string>>;
};

export type CachedKit = { readonly folder: string; readonly manifest: Manifest };

function platform(): string {
  return `${process.platform}-${process.arch}`;
}

/** Cached kits that satisfy `wanted`, newest first. Whatever cannot be read as a manifest is not a cached kit. */
export async function cachedKits(cache: string, kit: Kit, wanted: string): Promise<readonly CachedKit[]> {
  const programs = join(cache, 'programs');
  const names = await readdir(programs).catch(() => []);
  const found: CachedKit[] = [];
  for (const name of names) {
    if (!name.startsWith(`${kit.name}-`)) continue;
    const manifest = await readManifest(join(programs, name));
    if (manifest === undefined || manifest.kit !== kit.name || manifest.platform !== platform()) continue;
    if (satisfies(manifest.version, wanted)) found.push({ folder: join(programs, name), manifest });
  }
  return found.sort((a, b) => newestFirst(a.manifest.version, b.manifest.version));
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

/**
 * Undefined where the kit's file is what was fetched; else a sentence about it. A file that has not been touched since its
 * SHA-256 was last compared (the same inode, size and time of change, which nobody can set) is not read again: the larger
 * programs would cost half a second at each start.
 */
export async function damageOf(cached: CachedKit, file: string): Promise<string | undefined> {
  const path = join(cached.folder, file);
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  if (facts === undefined) return `${path} is gone`;
  const stamp = `${facts.ino} ${facts.size} ${facts.ctimeNs}`;
  const note = join(cached.folder, `verified-${basename(file)}`);
  if ((await readFile(note, 'utf8').catch(() => '')) === stamp) return undefined;
  if ((await sha256OfFile(path)) !== cached.manifest.sha256[file]) {
    return `${path} is not what was fetched (its SHA-256 differs)`;
  }
  // A cache that may only be read is compared in full each time.
  await writeFile(note, stamp).catch(() => {});
  return undefined;
}

/** A fresh folder to fetch into; its name carries the pid, so that what a killed process left can be swept. */
export async function workFolder(cache: string, kit: Kit): Promise<string> {
  const folder = join(cache, 'work', `${kit.name}-${process.pid}-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Removes what fetches of this kit left that were killed. Call it with the kit's lock held. */
export async function sweepWork(cache: string, kit: Kit): Promise<void> {
  const work = join(cache, 'work');
  for (const name of await readdir(work).catch(() => [])) {
    // A number follows the kit's name: another kit's name may begin with it.
    if (name.startsWith(`${kit.name}-`) && /^\d/.test(name.slice(kit.name.length + 1)))
      await rm(join(work, name), { recursive: true, force: true });
  }
}

/** Writes the checksums beside the files and moves the folder into the cache, in the place of a damaged one if need be. */
export async function keepKit(
  cache: string,
  kit: Kit,
  origin: Origin,
  folder: string,
  fetched: FetchedKit,
): Promise<CachedKit> {
  const sha256: Record<string, string> = {};
  for (const file of await filesUnder(folder)) sha256[file] = await sha256OfFile(join(folder, file));
  const manifest: Manifest = {
    kit: kit.name,
    version: fetched.version,
    origin,
    platform: platform(),
    programs: fetched.programs,
    libraries: fetched.libraries ?? [],
    sha256,
  };
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const place = join(cache, 'programs', `${kit.name}-${fetched.version}-${platform()}-${origin}`);
  await mkdir(join(cache, 'programs'), { recursive: true });
  const aside = join(cache, 'work', `${basename(place)}-${randomUUID()}`);
  await rename(place, aside).catch(() => {});
  await rename(folder, place);
  await rm(aside, { recursive: true, force: true });
  return { folder: place, manifest };
}

async function filesUnder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
