import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where fetched programs are kept: `$HOLDFAST_CACHE`, else `$XDG_CACHE_HOME/holdfast`, else `~/.cache/holdfast`. */
export function cacheFolder(env: Environment = process.env): string {
  if (env.HOLDFAST_CACHE) return resolve(env.HOLDFAST_CACHE);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, 'holdfast');
  return join(env.HOME ?? homedir(), '.cache', 'holdfast');
}
