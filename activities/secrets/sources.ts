import { open } from 'node:fs/promises';

import type { FoundSecret } from '../rounds/context.ts';

export function fromEnvironment(name: string, env: NodeJS.ProcessEnv): FoundSecret {
  const value = env[name];
  if (value !== undefined && value !== '') return { ok: true, value };
  return {
    ok: false,
    says: `The worker's environment has no ${name}. Set it where the worker is started, then start it anew.`,
  };
}

/** A file that its owner alone may read, without its last line break. */
export async function fromFile(path: string): Promise<FoundSecret> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => error);
  if (file instanceof Error)
    return { ok: false, says: `The worker can't read ${path} (${file.code ?? file.message}).` };
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0)
      return { ok: false, says: `Others than its owner may read ${path}. Take that away: chmod 600 ${path}` };
    return { ok: true, value: (await file.readFile('utf8')).replace(/\r?\n$/, '') };
  } finally {
    await file.close();
  }
}

/** The member that a path with dots names, where it is a text, a number or a truth. */
export function memberText(json: unknown, key: string): string | undefined {
  let value = json;
  for (const name of key.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}
