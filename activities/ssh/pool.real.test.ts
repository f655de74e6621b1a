import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SshSettings } from '../../plan/plan.ts';
import { fingerprint } from './knownHosts.ts';
import { createSshPool } from './pool.ts';
import type { SshFailure } from './ssh.ts';
import { opensshTools, type Runner, startSshd, type TestSshd } from './sshdForTest.ts';

let sshd: TestSshd;
let other: TestSshd;
let blackhole: Server;
let folder: string;
let run: Runner;
const pool = createSshPool({ configFiles: [], env: {} });

beforeAll(async () => {
  run = await opensshTools();
  folder = mkdtempSync(join(tmpdir(), 'pool-test-'));
  sshd = await startSshd('127.85.3.1', 22864);
  other = await startSshd('127.85.3.2', 22865);
  blackhole = createServer(() => undefined).listen(22866, '127.85.3.3');
  await once(blackhole, 'listening');
});

afterAll(async () => {
  await pool.close();
  blackhole?.close();
  await sshd?.stop();
  await other?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function failureOf(
  ssh: SshSettings,
  at: Partial<ReturnType<TestSshd['target']>> = {},
): Promise<SshFailure> {
  const connected = await pool.connect({ ...sshd.target(ssh), ...at });
  if (connected.ok) throw new Error('It connected.');
  return connected.failure;
}

function knownHosts(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

test('many who ask for one host at the same time share one connection', async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => pool.connect(sshd.target())));
  expect(new Set(all.map((connected) => connected.ok && connected.connection)).size).toBe(1);
});

test('a host that says no: the sentence names it and the next step', async () => {
  const refused = await failureOf({ hostKey: sshd.hostKey }, { port: 22899 });
  expect(refused).toMatchObject({ kind: 'refused', transient: true });
  expect(refused.says).toMatch(
    /^etcd00 \(\S+@127\.85\.3\.1:22899\): nothing listens there.*Look whether sshd runs/,
  );
});

test('a host that accepts and stays silent is given up after its deadline', async () => {
  const impatient = createSshPool({ configFiles: [], env: {}, limits: { handshakeWithinMs: 700 } });
  const target = { ...sshd.target(), address: '127.85.3.3', port: 22866 };
  const silent = await impatient.connect(target);
  expect(silent).toMatchObject({ ok: false, failure: { kind: 'timed_out', transient: true } });
  expect(silent.ok ? '' : silent.failure.says).toContain('said nothing within 700 ms');
  await impatient.close();
});

test('a name that does not exist is not tried again', async () => {
  const unresolved = await failureOf({ hostKey: sshd.hostKey }, { address: 'no-such-host.invalid' });
  expect(unresolved.kind).toBe('unresolved');
});

test('an unknown host key is refused with its fingerprint and a command that accepts it', async () => {
  const file = join(folder, 'accepted');
  const unknown = await failureOf({ knownHostsFile: file });
  expect(unknown).toMatchObject({ kind: 'host_key_unknown', transient: false });
  const shown = run('ssh-keygen', ['-lf', join(sshd.folder, 'host_key.pub')]);
  expect(unknown.says).toContain(shown.split(' ')[1]);
  const command = /accept it with: (.*)$/.exec(unknown.says)?.[1] ?? '';
  run('sh', ['-c', command]);
  expect(await pool.connect(sshd.target({ knownHostsFile: file }))).toMatchObject({ ok: true });
});

test('a changed host key is a failure of its own, with where the old one stands', async () => {
  const file = knownHosts('changed', ['# a comment', `[127.85.3.1]:22864 ${other.hostKey}`]);
  const changed = await failureOf({ knownHostsFile: file });
  expect(changed).toMatchObject({ kind: 'host_key_changed', transient: false });
  expect(changed.says).toContain(`${file}:2`);
  const command = /with: (ssh-keygen -R .*)$/.exec(changed.says)?.[1] ?? '';
  run('sh', ['-c', command]);
  expect((await failureOf({ knownHostsFile: file })).kind).toBe('host_key_unknown');
});

test('a pinned key that is not the host’s is a changed key', async () => {
  expect(await failureOf({ hostKey: other.hostKey })).toMatchObject({
    kind: 'host_key_changed',
    transient: false,
  });
});

test('a revoked key is never accepted, even if it is also trusted', async () => {
  const name = '[127.85.3.1]:22864';
  const file = knownHosts('revoked', [`${name} ${sshd.hostKey}`, `@revoked * ${sshd.hostKey}`]);
  expect((await failureOf({ knownHostsFile: file })).says).toContain('revoked');
});

test('names hashed by ssh-keygen -H are found', async () => {
  const file = knownHosts('hashed', [`[127.85.3.1]:22864 ${sshd.hostKey}`]);
  run('ssh-keygen', ['-H', '-f', file]);
  expect(await pool.connect(sshd.target({ knownHostsFile: file }))).toMatchObject({ ok: true });
});

test('a wrong key is refused for good, and the sentence says what was offered', async () => {
  const refused = await failureOf({ hostKey: sshd.hostKey, identityFile: other.identityFile });
  expect(refused).toMatchObject({ kind: 'auth_refused', transient: false });
  expect(refused.says).toContain(`refused the key ${other.identityFile}`);
});

test('an encrypted key is named, with what to do', async () => {
  const path = join(folder, 'encrypted');
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', path]);
  const refused = await failureOf({ hostKey: sshd.hostKey, identityFile: path });
  expect(refused.says).toContain(`${path} is encrypted: add it to an agent (ssh-add ${path})`);
});

test('an agent holds the key of an encrypted file', async () => {
  const socket = join(folder, 'agent');
  const started = run('ssh-agent', ['-a', socket, '-s']);
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
  const withAgent = createSshPool({ configFiles: [], env: { SSH_AUTH_SOCK: socket } });
  try {
    run('ssh-add', ['-q', sshd.identityFile], { SSH_AUTH_SOCK: socket });
    const target = sshd.target({ hostKey: sshd.hostKey, identityFile: join(folder, 'nowhere') });
    expect(await withAgent.connect(target)).toMatchObject({ ok: true });
  } finally {
    await withAgent.close();
    process.kill(pid);
  }
});

test('a jump host is verified too, and then leads on', async () => {
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true });
  copyFileSync(sshd.identityFile, join(home, '.ssh', 'id_jump'));
  const known = join(home, '.ssh', 'known_hosts');
  const config = join(home, '.ssh', 'config');
  writeFileSync(config, 'Host bastion\n  HostName 127.85.3.1\n  Port 22864\n  IdentityFile ~/.ssh/id_jump\n');
  writeFileSync(known, '');
  const jumping = createSshPool({
    home,
    configFiles: [{ path: config, folder: join(home, '.ssh') }],
    env: {},
  });
  const target = other.target({ hostKey: other.hostKey, proxyJump: 'bastion' });
  try {
    const unverified = await jumping.connect(target);
    expect(unverified).toMatchObject({ ok: false, failure: { kind: 'host_key_unknown' } });
    expect(unverified.ok ? '' : unverified.failure.says).toContain('etcd00 is reached through bastion');
    appendFileSync(known, `[127.85.3.1]:22864 ${sshd.hostKey}\n`);
    const connected = await jumping.connect(target);
    if (!connected.ok) throw new Error(connected.failure.says);
    expect(connected.connection.label).toContain('through bastion');
    const result = await connected.connection.exec('echo "$SSH_CONNECTION"');
    expect(Buffer.from(result.out).toString()).toContain('127.85.3.2 22865');
  } finally {
    await jumping.close();
  }
});

test('whoever stops waiting is answered at once, and the others go on', async () => {
  const fresh = createSshPool({ configFiles: [], env: {} });
  const controller = new AbortController();
  const one = fresh.connect(sshd.target(), controller.signal);
  const two = fresh.connect(sshd.target());
  controller.abort();
  expect(await one).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
  expect(await two).toMatchObject({ ok: true });
  await fresh.close();
});

test('a connection that nobody uses is closed, and opened again for the next', async () => {
  const fresh = createSshPool({ configFiles: [], env: {}, limits: { idleCloseMs: 100 } });
  const first = await fresh.connect(sshd.target());
  if (!first.ok) throw new Error(first.failure.says);
  let result = await first.connection.exec(':');
  while (result.ended) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    result = await first.connection.exec(':');
  }
  expect(result).toMatchObject({ sent: false, failure: { kind: 'lost' } });
  const second = await fresh.connect(sshd.target());
  expect(second.ok && (await second.connection.exec(':')).ended).toBe(true);
  await fresh.close();
});

test('a connection says which host key was found right', async () => {
  const connected = await pool.connect(sshd.target());
  if (!connected.ok) throw new Error(connected.failure.says);
  const [type, key = ''] = sshd.hostKey.split(' ');
  expect(connected.connection.hostKey).toBe(`${type} ${fingerprint(key)}`);
});
