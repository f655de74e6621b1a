import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../toolbox/findProgram.ts';

const DRIVERS = join(import.meta.dirname, 'test');
/** A driver waits for etcd in many places: on a machine that has much else to do it takes its time. */
const LONG = { timeout: 400_000 };
const BUSYBOX = spawnSync('busybox', ['--list'], { encoding: 'utf8' });

let work: string | undefined;
afterEach(async () => {
  if (work !== undefined) await rm(work, { recursive: true, force: true });
});

/**
 * Three members, two of them lost after kill -9, rebuilt by the functions of etcd/*.sh in the order of etcd/rebuild.
 * The driver is a shell script, as the functions are; it prints what held and stops at what did not.
 */
describe('the shell library rebuilds a cluster of', LONG, () => {
  for (const [version, network] of [
    ['3.3', '127.84.33'],
    ['3.4', '127.84.34'],
    ['3.5', '127.84.35'],
  ] as const) {
    it(`etcd ${version}, every key on every member, in the shell of this machine`, async () => {
      expect(await drive('rebuild.sh', version, 'sh', network, process.env.PATH ?? '')).toContain(
        'every key on every member',
      );
    });
  }

  it.skipIf(BUSYBOX.status !== 0)('etcd 3.4, with the shell and the tools of busybox alone', async () => {
    const tools = await mkdtemp(join(tmpdir(), 'holdfast-busybox-'));
    try {
      spawnSync('busybox', ['--install', '-s', tools]);
      expect(await drive('rebuild.sh', '3.4', 'ash', '127.84.36', tools)).toContain(
        'every key on every member',
      );
    } finally {
      await rm(tools, { recursive: true, force: true });
    }
  });
});

/** 3.3 knows no --bump-revision and restores by etcdctl, 3.5 sets revisions ahead and restores by etcdutl. */
describe('the shell library saves, proves and restores a snapshot, and rebuilds by one, on', LONG, () => {
  for (const [version, network] of [
    ['3.3', '127.84.81'],
    ['3.5', '127.84.82'],
  ] as const) {
    it(`etcd ${version}`, async () => {
      const printed = await drive('restore.sh', version, 'sh', network, process.env.PATH ?? '');
      expect(printed).toContain('every key on every member');
    });
  }
});

it('the shell library runs etcd 3.5 as a systemd unit, which a stand-in for systemd runs', LONG, async () => {
  const printed = await drive('unit.sh', '3.5', 'sh', '127.84.85', process.env.PATH ?? '');
  expect(printed).toContain('everything of the unit held');
});

it(
  'the shell library takes deleted v2 keys out of the log of 3.5, on which 3.6 ends in a panic',
  LONG,
  async () => {
    const newer = await findProgram('etcd', '3.6', { progress: () => undefined });
    const folder = dirname(newer.path);
    const printed = await drive('forget.sh', '3.5', 'sh', '127.84.86', process.env.PATH ?? '', folder);
    expect(printed).toContain('3.6 goes on with the data');
  },
);

describe('the shell library refuses what has gone wrong by hand, on', LONG, () => {
  for (const [version, network] of [
    ['3.4', '127.84.44'],
    ['3.5', '127.84.45'],
  ] as const) {
    it(`etcd ${version}`, async () => {
      const printed = await drive('refusals.sh', version, 'sh', network, process.env.PATH ?? '');
      expect(printed).toContain('everything was refused');
    });
  }
});

/** What the driver printed; throws with its last lines if it failed. */
async function drive(
  driverFile: string,
  version: string,
  shell: string,
  network: string,
  hostPath: string,
  ...more: readonly string[]
): Promise<string> {
  const etcd = await findProgram('etcd', version, { progress: () => undefined });
  work = await mkdtemp(join(tmpdir(), 'holdfast-etcd-'));
  const driver = spawn('sh', [join(DRIVERS, driverFile), dirname(etcd.path), shell, work, network, ...more], {
    env: { ...process.env, HOST_PATH: hostPath },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  driver.stdout.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  driver.stderr.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  const status = await new Promise((resolve, reject) => driver.on('error', reject).on('close', resolve));
  const text = printed.join('');
  expect(status, text.split('\n').slice(-8).join('\n')).toBe(0);
  return text;
}
