import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSshPool } from './pool.ts';
import type { ExecResult, SshConnection } from './ssh.ts';
import { startSshd, type TestSshd } from './sshdForTest.ts';

let sshd: TestSshd;
let narrow: TestSshd;
const pool = createSshPool({ configFiles: [], env: {} });

beforeAll(async () => {
  sshd = await startSshd('127.85.1.1', 22861);
  narrow = await startSshd('127.85.1.2', 22862, ['MaxSessions 1']);
});

afterAll(async () => {
  await pool.close();
  await sshd?.stop();
  await narrow?.stop();
});

async function connected(to: TestSshd = sshd): Promise<SshConnection> {
  const connection = await pool.connect(to.target());
  if (!connection.ok) throw new Error(connection.failure.says);
  return connection.connection;
}

function ended(result: ExecResult): Extract<ExecResult, { ended: true }> {
  if (!result.ended) throw new Error(result.failure.says);
  return result;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('output, errors, exit status and stdin arrive as they are', async () => {
  const connection = await connected();
  const result = ended(await connection.exec('cat; echo no >&2; exit 7', { stdin: 'some' }));
  expect([text(result.out), text(result.err), result.code]).toEqual(['some', 'no\n', 7]);
});

test('200 commands in a row keep their answers apart', async () => {
  const connection = await connected();
  for (let i = 0; i < 200; i += 1) {
    const result = ended(await connection.exec(`echo ${i}; exit $((${i} % 5))`));
    expect([text(result.out), result.code]).toEqual([`${i}\n`, i % 5]);
  }
});

test('40 commands at once are all answered, though sshd allows 10 sessions', async () => {
  const connection = await connected();
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) => connection.exec(`sleep 0.05; echo ${i}`)),
  );
  expect(results.map((result) => text(ended(result).out))).toEqual(
    Array.from({ length: 40 }, (_, i) => `${i}\n`),
  );
});

test('a server that allows one session is served one command after the other', async () => {
  const connection = await connected(narrow);
  const results = await Promise.all(Array.from({ length: 6 }, (_, i) => connection.exec(`echo ${i}`)));
  expect(results.map((result) => text(ended(result).out))).toEqual([
    '0\n',
    '1\n',
    '2\n',
    '3\n',
    '4\n',
    '5\n',
  ]);
});

test('scripts and commands share the one session of such a server', async () => {
  const connection = await connected(narrow);
  expect(text(ended(await connection.script('echo one')).out)).toBe('one\n');
  expect(text(ended(await connection.exec('echo two')).out)).toBe('two\n');
  expect(text(ended(await connection.script('echo three')).out)).toBe('three\n');
});

test('every byte value survives, in both directions', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 * 1024 }, (_, i) => (i * 31 + (i >> 8)) % 256));
  const result = ended(await (await connected()).exec('cat', { stdin: bytes }));
  expect(Buffer.from(result.out).equals(bytes)).toBe(true);
});

test('more output than is kept is read to its end, and the answer says that it was cut', async () => {
  const connection = await connected();
  const result = ended(await connection.exec('head -c 3000000 /dev/zero; exit 4', { maxBytes: 1000 }));
  expect([result.out.length, result.code, result.cut]).toEqual([1000, 4, true]);
});

test('output is handed on while the command runs', async () => {
  const connection = await connected();
  const seen: string[] = [];
  const sign = join(sshd.home, 'go-on');
  const running = connection.exec(`echo first; while [ ! -e ${sign} ]; do sleep 0.02; done; echo second`, {
    onOut: (bytes) => seen.push(text(bytes)),
  });
  await until(() => seen.length > 0);
  expect(seen.join('')).toBe('first\n');
  writeFileSync(sign, '');
  ended(await running);
  expect(seen.join('')).toBe('first\nsecond\n');
});

test('what goes by stdin stands in no command line', async () => {
  const connection = await connected();
  const secret = 'correct-horse-battery';
  const command = 'read -r s; for p in /proc/[0-9]*/cmdline; do tr "\\0" " " < "$p" 2>/dev/null; echo; done';
  const result = ended(await connection.exec(command, { stdin: `${secret}\n` }));
  expect(text(result.out)).toContain('sshd');
  expect(text(result.out)).not.toContain(secret);
});

test('a command that a signal ended says which', async () => {
  const result = ended(await (await connected()).exec('kill -TERM $$'));
  expect([result.code, result.signal]).toEqual([143, 'SIGTERM']);
});

test('a process left behind with the pipes in its hands does not hold the answer', async () => {
  const result = ended(await (await connected()).exec('sleep 20 & echo started'));
  expect([text(result.out), result.code]).toEqual(['started\n', 0]);
});

test('a time limit ends the waiting and says that the command may still run', async () => {
  const result = await (await connected()).exec('echo begun; sleep 20', { timeoutMs: 2_000 });
  expect(result).toMatchObject({ ended: false, sent: true, failure: { kind: 'timed_out' } });
  expect(text(result.out)).toBe('begun\n');
});

test('an aborted call is cancelled; one aborted before it began was never sent', async () => {
  const connection = await connected();
  const controller = new AbortController();
  const running = connection.exec('echo begun; sleep 20', {
    signal: controller.signal,
    onOut: () => controller.abort(),
  });
  expect(await running).toMatchObject({ ended: false, sent: true, failure: { kind: 'cancelled' } });
  const never = await connection.exec('touch never', { signal: AbortSignal.abort() });
  expect(never).toMatchObject({ ended: false, sent: false, failure: { kind: 'cancelled' } });
});

test('a connection killed in the middle of a command: not ended, but sent; the next use connects anew', async () => {
  const connection = await connected();
  const running = connection.exec('echo begun; sleep 20', { onOut: () => sshd.signalConnections('SIGKILL') });
  expect(await running).toMatchObject({
    ended: false,
    sent: true,
    failure: { kind: 'lost', transient: true },
  });
  const after = await connection.exec('echo no');
  expect(after).toMatchObject({ ended: false, sent: false, failure: { kind: 'lost', transient: true } });
  expect(text(ended(await (await connected()).exec('echo again')).out)).toBe('again\n');
});

test('a host that goes silent is noticed: a running command was sent, one after it was not', async () => {
  const limits = { keepaliveEveryMs: 700, keepaliveMisses: 2, openChannelWithinMs: 2_000 };
  const impatient = createSshPool({ configFiles: [], env: {}, limits });
  const connection = await impatient.connect(sshd.target());
  if (!connection.ok) throw new Error(connection.failure.says);
  const running = connection.connection.exec('echo begun; sleep 20', {
    onOut: () => sshd.signalConnections('SIGSTOP'),
  });
  expect(await running).toMatchObject({
    ended: false,
    sent: true,
    failure: { kind: 'lost', transient: true },
  });
  expect(await connection.connection.exec(':')).toMatchObject({ ended: false, sent: false });
  await impatient.close();
});

test('a channel that is not opened in time: nothing is sent, then or later', async () => {
  const impatient = createSshPool({ configFiles: [], env: {}, limits: { openChannelWithinMs: 1_500 } });
  const connection = await impatient.connect(sshd.target());
  if (!connection.ok) throw new Error(connection.failure.says);
  sshd.signalConnections('SIGSTOP');
  const witness = join(sshd.home, 'witness');
  const late = await connection.connection.exec(`touch ${witness}`);
  expect(late).toMatchObject({ ended: false, sent: false, failure: { kind: 'no_channel', transient: true } });
  sshd.signalConnections('SIGCONT');
  // Channels are opened in order: when this one has answered, the late one has been opened as well.
  const after = ended(await connection.connection.exec(`sleep 0.2; ls ${sshd.home}`));
  expect(text(after.out)).not.toContain('witness');
  await impatient.close();
});
