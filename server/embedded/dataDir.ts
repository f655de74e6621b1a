import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SEALING_KEY } from '../../worker/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$HOLDFAST_DATA`, else `$XDG_DATA_HOME/holdfast`, else `~/.local/share/holdfast`. */
export function defaultDataDir(env: Environment = process.env): string {
  if (env.HOLDFAST_DATA) return resolve(env.HOLDFAST_DATA);
  if (env.XDG_DATA_HOME) return resolve(env.XDG_DATA_HOME, 'holdfast');
  return join(env.HOME ?? homedir(), '.local', 'share', 'holdfast');
}

/** What lies where in a data folder. */
export function dataFiles(dataDir: string) {
  const file = (name: string) => join(dataDir, name);
  return {
    ledger: file('ledger.db'),
    temporal: file('temporal.db'),
    token: file('token'),
    /** For workers on other machines. */
    workerToken: file('worker-token'),
    /** For sensitive outputs: the worker here has it, and those on other machines a copy. */
    sealingKey: file(SEALING_KEY),
    /** Who serves this folder now, and where. */
    server: file('server.json'),
    /** Which ports it had last. */
    ports: file('ports.json'),
    /** Held by the one `up` that uses the folder. */
    lock: file('up.lock'),
    logs: {
      server: file('server.log'),
      worker: file('worker.log'),
      /** What the worker says outside of its log: the last words of a crash. */
      workerErrors: file('worker.err'),
      temporal: file('temporal.log'),
    },
  } as const;
}
export type DataFiles = ReturnType<typeof dataFiles>;
