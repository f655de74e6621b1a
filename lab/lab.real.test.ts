import { readFileSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { CommandResult } from '../toolbox/command.ts';
import { hostProcesses } from './host.ts';
import { homeOf, inventoryOf, requireHost, temporaryOf } from './lab.ts';
import { labDown } from './labDown.ts';
import { labStatus } from './labStatus.ts';
import { labUp } from './labUp.ts';
import { type TestLab, testLab } from './testLab.ts';

const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id';

function outputOf(result: CommandResult): string {
  expect(result).toMatchObject({ kind: 'done' });
  return result.stdout.trim();
}

describe('a lab of two hosts', () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await testLab({ net: 1, hosts: 2 });
  });
  afterAll(() => lab.down());

  test('a session starts in the home of its host, with its own HOME, TMPDIR and name', async () => {
    const host = requireHost(lab.lab, 'etcd01');
    const said = outputOf(await lab.ssh('etcd01', 'pwd; echo "$HOME"; echo "$TMPDIR"; hostname'));
    expect(said.split('\n')).toEqual([homeOf(host), homeOf(host), temporaryOf(host), 'etcd01']);
  });

  test('a command reads its standard input and gives back its exit code', async () => {
    expect(outputOf(await lab.ssh('etcd00', 'tr a-z A-Z', 'hello'))).toBe('HELLO');
    expect(await lab.ssh('etcd00', 'exit 7')).toMatchObject({ kind: 'failed', reason: 'ssh ended with 7' });
  });

  test('a host sees its own processes and not those of another', async () => {
    outputOf(await lab.ssh('etcd00', 'setsid sleep 4711 >/dev/null 2>&1 < /dev/null &'));
    expect(outputOf(await lab.ssh('etcd00', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'))).toContain(
      'sleep 4711',
    );
    expect(outputOf(await lab.ssh('etcd01', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'))).not.toContain(
      'sleep 4711',
    );
  });

  test('a reboot ends a process that left its session, changes the boot id and keeps the disk', async () => {
    const before = outputOf(await lab.ssh('etcd00', BOOT_ID));
    const other = outputOf(await lab.ssh('etcd01', BOOT_ID));
    outputOf(await lab.ssh('etcd00', 'echo kept > file; setsid sleep 4712 >/dev/null 2>&1 < /dev/null &'));
    await lab.break({ kind: 'reboot', host: 'etcd00' });
    const running = await hostProcesses(requireHost(lab.lab, 'etcd00'));
    expect(running.map(({ command }) => command).join()).not.toContain('4712');
    const after = outputOf(await lab.ssh('etcd00', BOOT_ID));
    expect(after).toMatch(/^[0-9a-f-]{36}$/);
    expect(after).not.toBe(before);
    expect(outputOf(await lab.ssh('etcd00', 'cat file'))).toBe('kept');
    expect(outputOf(await lab.ssh('etcd01', BOOT_ID))).toBe(other);
  });

  test('on a full disk a write fails with ENOSPC, and works again when the disk is freed', async () => {
    await lab.break({ kind: 'full-disk', host: 'etcd01' });
    const failed = await lab.ssh('etcd01', 'cp /etc/passwd another');
    expect(failed.stderr).toContain('No space left on device');
    expect(outputOf(await lab.ssh('etcd00', 'echo fine > another; cat another'))).toBe('fine');
    await lab.break({ kind: 'free-disk', host: 'etcd01' });
    expect(outputOf(await lab.ssh('etcd01', 'echo more > another; cat another'))).toBe('more');
  });

  test('without sshd the host refuses connections while its processes go on', async () => {
    outputOf(await lab.ssh('etcd00', 'setsid sleep 4713 >/dev/null 2>&1 < /dev/null &'));
    await lab.break({ kind: 'sshd-down', host: 'etcd00' });
    expect((await lab.ssh('etcd00', 'true')).stderr).toContain('Connection refused');
    await lab.break({ kind: 'sshd-up', host: 'etcd00' });
    expect(outputOf(await lab.ssh('etcd00', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'))).toContain(
      'sleep 4713',
    );
  });

  test('kill -9 reaches the process that is named, on that host', async () => {
    outputOf(await lab.ssh('etcd00', 'setsid sleep 4714 >/dev/null 2>&1 < /dev/null &'));
    outputOf(await lab.ssh('etcd01', 'setsid sleep 4715 >/dev/null 2>&1 < /dev/null &'));
    await lab.break({ kind: 'kill', host: 'etcd00', process: 'sleep' });
    const status = await labStatus({ dir: lab.dir });
    const names = status.hosts.map(({ processes }) => processes.map(({ command }) => command));
    expect(names[0]).toEqual([]);
    expect(names[1]).toContain('sleep 4715');
    await expect(lab.break({ kind: 'kill', host: 'etcd00', process: 'etcd' })).rejects.toMatchObject({
      code: 'lab_process_absent',
    });
  });

  test('the second `up` leaves what runs alone', async () => {
    const before = outputOf(await lab.ssh('etcd00', BOOT_ID));
    const again = await labUp({ dir: lab.dir });
    expect(again.hosts).toEqual(lab.lab.hosts);
    expect(outputOf(await lab.ssh('etcd00', BOOT_ID))).toBe(before);
  });

  test('a second lab at the same addresses is refused in one sentence', async () => {
    const dir = join(lab.dir, 'second');
    const hosts = lab.lab.hosts.map(({ name, address }) => ({ name, address }));
    await expect(labUp({ dir, hosts })).rejects.toMatchObject({
      code: 'lab_address_taken',
      message: expect.stringMatching(/^Something else listens on 127\.82\.1\.3:\d+\.$/),
    });
  });

  test('without a proxy a partition is refused with the reason', async () => {
    await expect(lab.break({ kind: 'partition', host: 'etcd00' })).rejects.toMatchObject({
      code: 'lab_without_proxy',
    });
  });

  test('the inventory names how to reach each host', async () => {
    const inventory = parse(await readFile(inventoryOf(lab.lab), 'utf8')) as unknown;
    expect(inventory).toMatchObject({
      all: {
        vars: { ansible_user: lab.lab.user, holdfast_known_hosts: join(lab.dir, 'known_hosts') },
        children: { etcd: { hosts: { etcd00: { ansible_host: '127.82.1.3' } } } },
      },
    });
  });
});

test('a partition lets nothing through and a healed one delivers what was on its way', async () => {
  await using lab = await testLab({ net: 2, proxy: true });
  const running = lab.ssh('etcd00', 'echo started > here; cat > there; cat there', 'word');
  expect(outputOf(await running)).toBe('word');
  await lab.break({ kind: 'partition', host: 'etcd00' });
  const waiting = lab.ssh('etcd00', 'echo through');
  expect((await labStatus({ dir: lab.dir })).hosts[0]?.link).toEqual({ cut: true, delayMs: 0 });
  await lab.break({ kind: 'heal', host: 'etcd00' });
  expect(outputOf(await waiting)).toBe('through');
  await lab.break({ kind: 'slow', host: 'etcd00', delayMs: 20 });
  expect(outputOf(await lab.ssh('etcd00', 'echo slowly'))).toBe('slowly');
});

/** As root sshd needs a user of its own, which only a machine with an installed sshd has. */
const cannotGoWithout = process.getuid?.() === 0 && !/^sshd:/m.test(readFileSync('/etc/passwd', 'utf8'));

test.skipIf(cannotGoWithout)(
  'without namespaces a host still has its home, and its processes are known by their mark',
  async () => {
    await using lab = await testLab({ net: 4, namespaces: false });
    const host = requireHost(lab.lab, 'etcd00');
    expect(lab.lab.isolation.kind).toBe('folders');
    expect(outputOf(await lab.ssh('etcd00', 'pwd; echo "$HOME"'))).toBe(`${homeOf(host)}\n${homeOf(host)}`);
    expect(outputOf(await lab.ssh('etcd00', 'cat', 'through'))).toBe('through');
    outputOf(await lab.ssh('etcd00', 'setsid sleep 4717 >/dev/null 2>&1 < /dev/null &'));
    expect((await hostProcesses(host)).map(({ command }) => command)).toContain('sleep 4717');
    await expect(lab.break({ kind: 'full-disk', host: 'etcd00' })).rejects.toMatchObject({
      code: 'lab_no_disk',
    });
    await expect(lab.break({ kind: 'reboot', host: 'etcd00' })).rejects.toMatchObject({
      code: 'lab_no_boot_id',
    });
    await lab.break({ kind: 'sshd-down', host: 'etcd00' });
    expect((await lab.ssh('etcd00', 'true')).stderr).toContain('Connection refused');
    await lab.break({ kind: 'sshd-up', host: 'etcd00' });
    await lab.down();
    expect(await hostProcesses(host)).toEqual([]);
  },
);

test('down leaves no process and no folder', async () => {
  const lab = await testLab({ net: 3, proxy: true });
  outputOf(await lab.ssh('etcd00', 'setsid sleep 4716 >/dev/null 2>&1 < /dev/null &'));
  const [host] = lab.lab.hosts;
  if (host === undefined) throw new Error('the lab has no host');
  const pids = (await hostProcesses(host)).map(({ pid }) => pid);
  expect(pids.length).toBeGreaterThan(1);
  await labDown({ dir: lab.dir });
  for (const pid of pids) await expect(access(`/proc/${pid}`)).rejects.toThrow();
  await expect(access(lab.dir)).rejects.toThrow();
  await expect(labStatus({ dir: lab.dir })).rejects.toMatchObject({ code: 'lab_absent' });
});
