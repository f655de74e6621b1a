import { access, constants } from 'node:fs/promises';
import { askVersion } from '../askVersion.ts';
import { variableFor } from '../programs.ts';
import { missed, type Way } from '../way.ts';

/** The path that `HOLDFAST_<PROGRAM>` names. A person who sets it means it: its version is not judged, only told. */
export const environmentWay: Way = {
  name: 'a variable of the environment',
  find: async ({ program }, { env }) => {
    const variable = variableFor(program);
    const path = env[variable];
    if (path === undefined || path === '') return missed(`${variable} is not set`);
    try {
      await access(path, constants.X_OK);
    } catch {
      return missed(
        `${variable} is ${path}, which is no program that can be started`,
        `correct or unset ${variable}`,
      );
    }
    const version = (await askVersion(program, path, env)) ?? 'unknown';
    return { kind: 'found', program: { path, version, from: 'environment' } };
  },
};
