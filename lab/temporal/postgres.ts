import { chmod, chown, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastError } from '../../plan/errors.ts';
import { runCommand } from '../../toolbox/command.ts';
import { findProgram } from '../../toolbox/findProgram.ts';
import type { Progress } from '../../toolbox/way.ts';
import { type Account, type Daemon, startDaemon } from './daemon.ts';

export const POSTGRES_PORT = 5432;
const READY_MS = 30_000;

/**
 * A PostgreSQL of one's own on a loopback address, with one user `temporal` and this password, and its data in a new
 * temporary folder that goes with it. It will not run as root: there it runs as another user.
 */
export async function startPostgres(options: {
  readonly address: string;
  readonly password: string;
  readonly log: string;
  readonly progress?: Progress;
}): Promise<Daemon> {
  const { address, password, log, progress } = options;
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-postgres-'));
  try {
    const found = await findProgram('postgres', undefined, progress === undefined ? {} : { progress });
    const as = await unprivileged();
    const bin = dirname(as === undefined ? found.path : await reachable(found.path, folder));
    if (as !== undefined) {
      await chmod(folder, 0o711);
    }
    const data = join(folder, 'data');
    const secret = join(folder, 'password');
    await writeFile(secret, `${password}\n`, { mode: 0o600 });
    if (as !== undefined) for (const path of [folder, secret]) await chown(path, as.uid, as.gid);
    const flags = ['--username', 'temporal', '--pwfile', secret, '--auth', 'scram-sha-256'];
    const settings = ['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--pgdata', data];
    const made = await runCommand('setpriv', [
      ...(as === undefined ? [] : ['--reuid', String(as.uid), '--regid', String(as.gid), '--clear-groups']),
      join(bin, 'initdb'),
      ...flags,
      ...settings,
    ]);
    if (made.kind === 'failed') throw failed(`${made.reason}\n${made.stdout}`, log);
    const daemon = startDaemon({
      program: join(bin, 'postgres'),
      args: ['-D', data, '-h', address, '-p', String(POSTGRES_PORT), '-k', '', '-c', 'max_connections=200'],
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      log,
      ...(as === undefined ? {} : { as }),
    });
    await accepts(data, daemon, log);
    return {
      ...daemon,
      // INT: ends sessions and stops (pg_ctl's fast mode); TERM would wait for them.
      async stop(signal = 'SIGINT') {
        await daemon.stop(signal);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Undefined where we are no root; else PostgreSQL's own user, or nobody. */
async function unprivileged(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find(([first]) => first === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return { uid: 65_534, gid: 65_534 };
}

/** A program in a cache that only we may enter is copied to where the other user may. */
async function reachable(program: string, folder: string): Promise<string> {
  const home = resolve(dirname(program), '..');
  const seen = await runCommand('setpriv', [
    '--reuid',
    '65534',
    '--regid',
    '65534',
    '--clear-groups',
    'test',
    '-x',
    program,
  ]);
  if (seen.kind === 'done') return program;
  await cp(home, join(folder, 'program'), { recursive: true, verbatimSymlinks: true });
  return join(folder, 'program', 'bin', 'postgres');
}

/**
 * It listens some time before it takes anybody in. When it does it says so in the last line of this file, the eighth, which is what
 * pg_ctl waits for: https://github.com/postgres/postgres/blob/REL_16_STABLE/src/include/utils/pidfile.h
 */
async function accepts(data: string, daemon: Daemon, log: string): Promise<void> {
  const until = performance.now() + READY_MS;
  while (daemon.lives() && performance.now() < until) {
    const lines = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
    if (lines.split('\n')[7]?.trim() === 'ready') return;
    await pause(20);
  }
  const said = await readFile(log, 'utf8').catch(() => '');
  await daemon.stop('SIGKILL');
  throw failed(said.trim().split('\n').slice(-3).join('\n'), log);
}

function failed(why: string, log: string): HoldfastError {
  return new HoldfastError('lab_postgres', `PostgreSQL did not start: ${why}`, `See ${log}.`);
}
