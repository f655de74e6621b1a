import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadInventory } from './load.ts';
import { PROGRAM_LIMITS } from './read-program.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is read of a shell script as an inventory. */
function read(script: string, limits = PROGRAM_LIMITS, mode = 0o700) {
  const file = join(folder, 'hosts');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, mode);
  return loadInventory([file], { user: 'me', limits });
}

async function said(script: string, limits = PROGRAM_LIMITS): Promise<string> {
  const loaded = await read(script, limits);
  return loaded.ok ? 'read' : loaded.complaints.map(({ code, message }) => `${code} ${message}`).join('\n');
}

const GROUPS =
  '"etcd": {"hosts": ["a", "b"], "vars": {"rack": 7}}, "site": {"children": ["etcd"]}, "web": ["c"]';

test('a program’s groups, children, variables of groups and of hosts are read, with group_vars beside it', async () => {
  const meta = '"_meta": {"hostvars": {"a": {"ansible_host": "10.0.0.1", "v": 3.10}, "x": {}}}';
  const loaded = await read(`[ "$*" = --list ] && echo '{${GROUPS}, ${meta}}'`);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints));
  const { hosts, groups } = loaded.inventory;
  expect(hosts.map(({ name, address, vars }) => [name, address, vars])).toEqual([
    ['a', '10.0.0.1', { rack: 7, v: '3.10' }],
    ['b', 'b', { rack: 7 }],
    ['c', 'c', {}],
  ]);
  expect(groups.get('site')).toEqual(['a', 'b']);
});

test('without _meta it is asked for each host', async () => {
  const loaded = await read(
    `case $1 in --list) echo '{${GROUPS}}' ;; --host) [ "$2" = b ] || echo "{\\"name\\": \\"$2\\"}" ;; esac`,
  );
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints));
  expect(loaded.inventory.hosts.map(({ vars }) => vars.name)).toEqual(['a', undefined, 'c']);
});

test('a failure is said with its status and what stood on stderr', async () => {
  expect(await said('echo one >&2; echo "no credentials" >&2; exit 3')).toBe(
    'inventory/program-failed hosts --list: It ended with exit status 3: one | no credentials',
  );
  expect(await said(`[ "$1" = --list ] && echo '{${GROUPS}}' || { echo gone >&2; exit 1; }`)).toMatch(
    /hosts --host [abc]: It ended with exit status 1: gone/,
  );
});

test('one that takes too long is ended with all that it has started', async () => {
  const script = `sleep 600 & echo $! >"$0.pid"; echo waiting >&2; wait`;
  expect(await said(script, { ...PROGRAM_LIMITS, listMs: 4_000 })).toMatch(
    /^inventory\/program-failed hosts --list: It took longer than 4 s and was ended/,
  );
  // On a machine so busy that it had not come so far, nothing was left to end.
  const kept = join(folder, 'hosts.pid');
  const child = existsSync(kept) ? readFileSync(kept, 'utf8').trim() : '';
  await expect.poll(() => child !== '' && isRunning(child), { timeout: 30_000 }).toBe(false);
});

test('what is no JSON, or no groups, is refused', async () => {
  expect(await said('echo etcd01')).toMatch(
    /^inventory\/program-output hosts --list: what it said is not JSON/,
  );
  expect(await said('echo "[1]"')).toMatch(/it said JSON, but no object of groups/);
  expect(await said(`echo '{"etcd": {"hosts": ["a b"]}}'`)).toMatch(
    /the group "etcd" is none, or has a name/,
  );
});

test('a file that may not be executed is never run, nor is one whose ending says that it is an inventory', async () => {
  const never = `touch "$0.ran"`;
  const loaded = await read(never, PROGRAM_LIMITS, 0o600);
  expect(loaded.ok ? [] : loaded.complaints.map(({ code }) => code)).toEqual(['inventory/program']);
  const yaml = join(folder, 'hosts.yaml');
  writeFileSync(yaml, `#!/bin/sh\n${never}\n`, { mode: 0o700 });
  await loadInventory([yaml]);
  expect([join(folder, 'hosts.ran'), `${yaml}.ran`].filter((file) => existsSync(file))).toEqual([]);
});

/** A zombie that waits for its new parent is not running. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
