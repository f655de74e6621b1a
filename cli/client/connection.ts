import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dataFiles, defaultDataDir } from '../../server/embedded/dataDir.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { Environment } from '../io.ts';

/** Where the server is, and the token that it wants. */
export type Connection = { readonly url: string; readonly token: string; readonly found: string };

export type ConnectionOptions = { readonly server?: string; readonly data?: string };

/**
 * `--server` and `HOLDFAST_SERVER` first, else what the data folder says. The token is `HOLDFAST_TOKEN`, else the data
 * folder's. Throws `client/no-server`, `client/no-token`.
 */
export async function findServer(options: ConnectionOptions, env: Environment): Promise<Connection> {
  const dataDir = dataFolder(options, env);
  const files = dataFiles(dataDir);
  const named = options.server ?? env.HOLDFAST_SERVER;
  const url = named ?? (await urlIn(files.server));
  if (url === undefined) {
    throw new CommandError(
      EXIT.unreachable,
      'client/no-server',
      `No Holdfast is up for ${dataDir}.`,
      'Start it: holdfast up (or name another with --server or --data).',
    );
  }
  const token = env.HOLDFAST_TOKEN ?? (await readFile(files.token, 'utf8').catch(() => '')).trim();
  if (token !== '') {
    return { url: url.replace(/\/+$/, ''), token, found: named === undefined ? files.server : 'as named' };
  }
  throw new CommandError(
    EXIT.notAllowed,
    'client/no-token',
    `There is no token for ${url}: ${files.token} can't be read.`,
    'Set HOLDFAST_TOKEN, or run this as the user who started holdfast up.',
  );
}

export function dataFolder(options: { readonly data?: string }, env: Environment): string {
  return options.data === undefined ? defaultDataDir(env) : resolve(options.data);
}

async function urlIn(file: string): Promise<string | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    const url = typeof content === 'object' && content !== null && 'url' in content ? content.url : undefined;
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}
