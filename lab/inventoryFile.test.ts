import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeInventory, writeKnownHosts } from './inventoryFile.ts';
import type { Lab, LabHost } from './lab.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'holdfast-inventory-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function host(name: string, address: string, port: number): LabHost {
  return { name, address, port, sshdPort: port, folder: join(dir, 'hosts', name) };
}

function labOf(hosts: readonly LabHost[], etcd?: Lab['etcd']): Lab {
  const isolation = { kind: 'namespaces', as: 'root' } as const;
  return { dir, user: 'alice', isolation, proxy: false, hosts, ...(etcd === undefined ? {} : { etcd }) };
}

test('a version that looks like a number stays a string', async () => {
  await writeInventory(labOf([host('etcd00', '127.81.0.3', 22)], { version: '3.5', source: '/etcd/bin' }));
  const inventory: unknown = parse(await readFile(join(dir, 'inventory.yaml'), 'utf8'));
  expect(inventory).toMatchObject({ all: { vars: { etcd_version: '3.5', etcd_source: '/etcd/bin' } } });
});

test('without etcd its variables are left out', async () => {
  await writeInventory(labOf([host('etcd00', '127.81.0.3', 22)]));
  expect(await readFile(join(dir, 'inventory.yaml'), 'utf8')).not.toContain('etcd_');
});

test('known hosts are written with their port in brackets unless it is 22', async () => {
  const hosts = [host('etcd00', '127.81.0.3', 22), host('etcd01', '127.81.0.4', 2222)] as const;
  await writeKnownHosts(labOf(hosts), new Map(hosts.map((one) => [one, `ssh-ed25519 ${one.name}`])));
  expect(await readFile(join(dir, 'known_hosts'), 'utf8')).toBe(
    '127.81.0.3 ssh-ed25519 etcd00\n[127.81.0.4]:2222 ssh-ed25519 etcd01\n',
  );
});
