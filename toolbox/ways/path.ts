import { access, constants, glob } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { askVersion } from '../askVersion.ts';
import type { Kit } from '../programs.ts';
import { newestFirst, satisfies } from '../version.ts';
import { missed, type Way } from '../way.ts';

/** sshd lies where an ordinary user's PATH does not lead. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** What is installed on the machine, where its version will do. */
export const pathWay: Way = {
  name: 'PATH',
  find: async ({ program, wanted, kit }, { env }) => {
    const refused: string[] = [];
    const known = await foldersOf(kit);
    for (const folder of [...(env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS, ...known]) {
      if (!folder.startsWith('/')) continue;
      const path = join(folder, program);
      if (!(await isProgram(path))) continue;
      const version = await askVersion(program, path, env);
      if (version === undefined) refused.push(`${path} does not say its version`);
      else if (satisfies(version, wanted)) return { kind: 'found', program: { path, version, from: 'path' } };
      else refused.push(`${path} is ${version}`);
    }
    return missed(refused.length === 0 ? `no ${program} on it` : [...new Set(refused)].join('; '));
  },
};

/** Debian keeps several versions of PostgreSQL side by side, none of them on PATH. */
async function foldersOf(kit: Kit): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const folder of glob([...(kit.folders ?? [])])) found.push(folder);
  return found.sort(newestFirst);
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
