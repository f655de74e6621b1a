import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { downloadPackages, prepareApt } from '../apt.ts';
import { runCommand } from '../command.ts';
import type { DebianRecipe, Kit, ProgramName } from '../programs.ts';
import { satisfies, versionIn } from '../version.ts';
import { type Fetcher, missed, type Request } from '../way.ts';

/** The distribution's packages, unpacked and not installed: no root needed, the system stays as it is. */
export const debianFetcher: Fetcher = {
  origin: 'debian',
  name: "Debian's package, unpacked",
  offers: ({ kit, wanted }) =>
    recipeFor(kit, wanted) === undefined ? { why: `no Debian suite has ${kit.name} ${wanted}` } : {},
  fetch: async ({ kit, wanted }: Request, into, surroundings) => {
    const recipe = recipeFor(kit, wanted);
    if (recipe === undefined) return missed('no suite has it');
    const apt = await prepareApt(recipe.suite, join(into, 'apt'), surroundings);
    if (apt.kind === 'missed') return apt;
    const files = await downloadPackages(apt.apt, recipe, surroundings);
    if (files.kind === 'missed') return files;
    const root = join(into, 'root');
    await mkdir(root);
    for (const file of files.files) {
      const unpacked = await runCommand('dpkg', ['-x', file, root]);
      if (unpacked.kind === 'failed') return missed(unpacked.reason);
    }
    const version = recipe.version ?? versionOf(files.files, recipe);
    const programs = await pick(root, kit.programs, into);
    const libraries = await pickLibraries(root, into);
    await rm(root, { recursive: true });
    await rm(join(into, 'apt'), { recursive: true, force: true });
    return { kind: 'fetched', kit: { version, programs, libraries } };
  },
};

function recipeFor(kit: Kit, wanted: string): DebianRecipe | undefined {
  return kit.debian.find((recipe) => recipe.version === undefined || satisfies(recipe.version, wanted));
}

/** `openssh-server_1%3a9.2p1-2_amd64.deb` is 9.2p1. */
function versionOf(files: readonly string[], recipe: DebianRecipe): string {
  const names = files.map((file) => basename(file));
  const first = names.find((name) => name.startsWith(`${recipe.packages[0]}_`)) ?? '';
  return versionIn(first.split('_')[1]?.replace(/^\d+%3a/, '') ?? '') ?? 'unknown';
}

/** Programs to `bin/`, their helpers to `libexec/`. */
async function pick(
  root: string,
  wanted: readonly ProgramName[],
  into: string,
): Promise<Partial<Record<ProgramName, string>>> {
  const programs: Partial<Record<ProgramName, string>> = {};
  await mkdir(join(into, 'bin'));
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const folder = relative(root, entry.parentPath);
    const program = wanted.find((name) => name === entry.name && /(^|\/)s?bin$/.test(folder));
    if (program !== undefined) {
      await cp(path, join(into, 'bin', program));
      programs[program] = join('bin', program);
    } else if (folder.endsWith('lib/openssh')) {
      await mkdir(join(into, 'libexec'), { recursive: true });
      await cp(path, join(into, 'libexec', entry.name));
    }
  }
  return programs;
}

/** Only what the machine lacked was downloaded, so every library in it is one that will be looked for. */
async function pickLibraries(root: string, into: string): Promise<readonly string[]> {
  let any = false;
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!/^lib.+\.so\.\d+/.test(entry.name)) continue;
    const real = await readFile(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (real === undefined) continue;
    any = true;
    await mkdir(join(into, 'lib'), { recursive: true });
    await cp(join(entry.parentPath, entry.name), join(into, 'lib', entry.name), { dereference: true });
  }
  return any ? ['lib'] : [];
}
