import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../test/support/processes.ts';
import { runCommand } from '../toolbox/command.ts';

const ROOT = join(import.meta.dirname, '..');
const plugin = (await runCommand('docker', ['compose', 'version'])).kind === 'done';
const engine = plugin && (await runCommand('docker', ['info'], { timeoutMs: 10_000 })).kind === 'done';
const why = plugin ? 'no container engine answers' : 'docker compose is not on this machine';

/** What the README says to make, with nothing in it that opens anything. */
async function withOwnFiles(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-compose-'));
  await cp(ROOT, folder, { recursive: true, filter: (path) => !/\/(node_modules|\.git|dist)$/.test(path) });
  await mkdir(join(folder, 'deploy/secrets'), { recursive: true });
  await mkdir(join(folder, 'deploy/config/runbooks'), { recursive: true });
  for (const name of ['postgres-password', 'worker-token', 'sealing-key', 'ssh-key'])
    await writeFile(join(folder, 'deploy/secrets', name), `${crypto.randomUUID()}\n`, { mode: 0o644 });
  await writeFile(join(folder, 'deploy/config/inventory.yaml'), 'all: { hosts: {} }\n');
  await copyFile('/dev/null', join(folder, 'deploy/config/known_hosts'));
  return folder;
}

test.skipIf(!plugin)(`compose itself reads the file${plugin ? '' : ` (skipped: ${why})`}`, async () => {
  const read = await runCommand('docker', ['compose', 'config', '--quiet'], { cwd: ROOT });
  expect(read.stderr).toBe('');
  expect(read.kind).toBe('done');
});

test.skipIf(!engine)(
  `containers come up, and the doctor finds nothing wrong${engine ? '' : ` (skipped: ${why})`}`,
  { timeout: 1_200_000 },
  async () => {
    const cwd = await withOwnFiles();
    const compose = (...args: readonly string[]) =>
      runCommand('docker', ['compose', '--project-name', 'holdfast-test', ...args], { cwd });
    try {
      // The last of them is started when all before it are well.
      const up = await compose('up', '--detach', '--build');
      expect(up.kind, up.stderr).toBe('done');
      const doctor = await compose('exec', '-T', 'holdfast', 'holdfast', 'doctor');
      expect(doctor.kind, doctor.stdout + doctor.stderr).toBe('done');
      await until('a worker elsewhere was let in', async () => {
        const { stdout } = await compose('logs', 'worker');
        return stdout.includes('the server takes this worker') ? true : undefined;
      });
    } finally {
      await compose('down', '--volumes', '--timeout', '20');
      await rm(cwd, { recursive: true, force: true });
    }
  },
);
