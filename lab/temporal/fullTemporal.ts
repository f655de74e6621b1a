import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HoldfastError } from '../../plan/errors.ts';
import type { Environment } from '../../toolbox/cacheFolder.ts';
import { runCommand } from '../../toolbox/command.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import type { Progress } from '../../toolbox/way.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { startPostgres } from './postgres.ts';

/** What `docker-compose.yml` mounts: the same files make Temporal here. */
const DEPLOY = fileURLToPath(new URL('../../deploy/temporal/', import.meta.url));
export const FRONTEND_PORT = 7233;

export type FullTemporal = AsyncDisposable & {
  readonly address: string;
  readonly namespace: string;
  /** kill -9; it stays down until `start`. */
  readonly kill: () => Promise<void>;
  /** Resolves when its namespace can be used. */
  readonly start: () => Promise<void>;
  /** Makes the tables and the namespace once more, which must be no harm. */
  readonly setUp: () => Promise<void>;
};

/**
 * Temporal as it is run in production, without containers: PostgreSQL, the tables by temporal-sql-tool, temporal-server as
 * one process, the namespace. On a loopback address of its own, so that every port is the usual one.
 */
export async function fullTemporal(options: {
  /** A loopback address that nobody else uses. */
  readonly address: string;
  readonly namespace: string;
  /** For its logs. */
  readonly folder: string;
  readonly progress?: Progress;
}): Promise<FullTemporal> {
  const { address, namespace, folder } = options;
  const find = options.progress === undefined ? {} : { progress: options.progress };
  const parts = new AsyncDisposableStack();
  try {
    await mkdir(folder, { recursive: true });
    const cli = await findProgram('temporal', undefined, find);
    const server = await findProgram('temporal-server', undefined, find);
    const sqlTool = await findProgram('temporal-sql-tool', server.version, find);
    const password = crypto.randomUUID();
    const secret = join(folder, 'password');
    await writeFile(secret, password, { mode: 0o600 });
    const postgres = await startPostgres({ ...options, password, log: join(folder, 'postgres.log') });
    parts.defer(() => postgres.stop());

    const env: Environment = {
      PATH: [dirname(cli.path), dirname(server.path), dirname(sqlTool.path), process.env.PATH].join(
        delimiter,
      ),
      HOME: folder,
      POSTGRES_SEEDS: address,
      POSTGRES_PWD_FILE: secret,
      SQL_PASSWORD_FILE: secret,
      CONFIG_FOLDER: DEPLOY.slice(1),
      BIND_ON_IP: address,
      TEMPORAL_BROADCAST_ADDRESS: address,
      DYNAMIC_CONFIG_FILE_PATH: join(DEPLOY, 'dynamic-config.yaml'),
      TEMPORAL_ADDRESS: `${address}:${FRONTEND_PORT}`,
      NAMESPACE: namespace,
    };
    let daemon: Daemon | undefined;
    const log = join(folder, 'temporal-server.log');
    const start = async () => {
      const begun = startDaemon({
        program: '/bin/sh',
        args: [join(DEPLOY, 'server.sh')],
        env,
        log,
      });
      daemon = begun;
      await Promise.race([script('namespace.sh', env), begun.ended.then(() => died(log))]);
    };
    const setUp = async () => {
      await script('schema.sh', env);
      await script('namespace.sh', env);
    };
    await script('schema.sh', env);
    parts.defer(async () => daemon?.stop());
    await start();
    const everything = parts.move();
    return {
      address: `${address}:${FRONTEND_PORT}`,
      namespace,
      start,
      setUp,
      kill: async () => daemon?.stop('SIGKILL'),
      [Symbol.asyncDispose]: () => everything.disposeAsync(),
    };
  } catch (error) {
    await parts.disposeAsync();
    throw error;
  }
}

async function died(log: string): Promise<never> {
  const said = (await readFile(log, 'utf8').catch(() => '')).trim().split('\n').at(-1) ?? '';
  throw new HoldfastError('lab_temporal', `temporal-server ended: ${said.slice(0, 500)}`, `See ${log}.`);
}

async function script(name: string, env: Environment): Promise<void> {
  const end = await runCommand('/bin/sh', [join(DEPLOY, name)], { env, timeoutMs: 120_000 });
  if (end.kind === 'done') return;
  throw new HoldfastError(
    'lab_temporal',
    `${name} failed: ${end.reason}\n${end.stdout.slice(-2_000)}${end.stderr.slice(-2_000)}`,
    'Look at temporal-server.log and postgres.log beside it.',
  );
}
