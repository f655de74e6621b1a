import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSshPool } from './pool.ts';
import { frame, MarkFinder } from './shellFrame.ts';
import type { ExecResult, SshConnection } from './ssh.ts';
import { startSshd, type TestSshd } from './sshdForTest.ts';

let sshd: TestSshd;
let connection: SshConnection;
const pool = createSshPool({ configFiles: [], env: {} });

beforeAll(async () => {
  sshd = await startSshd('127.85.2.1', 22863);
  const connected = await pool.connect(sshd.target());
  if (!connected.ok) throw new Error(connected.failure.says);
  connection = connected.connection;
});

afterAll(async () => {
  await pool.close();
  await sshd?.stop();
});

function ended(result: ExecResult): Extract<ExecResult, { ended: true }> {
  if (!result.ended) throw new Error(result.failure.says);
  return result;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('a script leaves no variable, folder, option or exit behind for the next', async () => {
  const first = ended(
    await connection.script('set -e; x=1; cd /; umask 000; echo out; echo err >&2; exit 9'),
  );
  expect([text(first.out), text(first.err), first.code]).toEqual(['out\n', 'err\n', 9]);
  const second = ended(await connection.script('echo "[$x]"; false; umask; [ "$PWD" != / ]'));
  expect([text(second.out).startsWith('[]\n'), text(second.out).includes('0000'), second.code]).toEqual([
    true,
    false,
    0,
  ]);
});

test('quotes, newlines and dollars reach the script as they are', async () => {
  const result = ended(await connection.script(`printf '%s\\n' 'it'"'"'s' "a\nb" \\$x '\\n'\n# '`));
  expect(text(result.out)).toBe(`it's\na\nb\n$x\n\\n\n`);
});

test('binary output without a last newline is exact', async () => {
  const result = ended(await connection.script("head -c 100000 /dev/zero; printf 'a\\000b'; printf x >&2"));
  expect(result.out.length).toBe(100_003);
  expect(Buffer.from(result.out.subarray(-3)).toString('hex')).toBe('610062');
  expect(text(result.err)).toBe('x');
});

test('a script of half a megabyte arrives whole', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `: 'line ${i} of a long script'`);
  const result = ended(await connection.script(`${lines.join('\n')}\necho done`));
  expect(text(result.out)).toBe('done\n');
});

test('a syntax error is the script’s own failure, and the shell goes on', async () => {
  const broken = ended(await connection.script('if then'));
  expect(broken.code).not.toBe(0);
  expect(text(ended(await connection.script('echo well')).out)).toBe('well\n');
});

test('a script that reads stdin finds it empty, not the next script', async () => {
  expect(ended(await connection.script('cat; read -r line')).code).toBe(1);
  expect(text(ended(await connection.script('echo still here')).out)).toBe('still here\n');
});

test('scripts at once run beside each other, each with its own answer', async () => {
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, i) => connection.script(`sleep 0.0${i % 3}; echo ${i}`)),
  );
  expect(results.map((result) => text(ended(result).out))).toEqual(
    Array.from({ length: 12 }, (_, i) => `${i}\n`),
  );
});

test('a script that kills its shell is said to be lost, and the next has a new shell', async () => {
  const result = await connection.script('echo begun; kill -9 $$; sleep 5');
  expect(result).toMatchObject({ ended: false, sent: true, failure: { kind: 'lost' } });
  expect(text(result.out)).toBe('begun\n');
  expect(ended(await connection.script('exit 3')).code).toBe(3);
});

test('a time limit takes the shell away from the script that overran it', async () => {
  const result = await connection.script('echo begun; sleep 20', { timeoutMs: 2_000 });
  expect(result).toMatchObject({ ended: false, sent: true, failure: { kind: 'timed_out' } });
  expect(ended(await connection.script('exit 0')).code).toBe(0);
});

const busybox = findBusybox();
describe.skipIf(busybox === undefined)('busybox', () => {
  test('ash frames a script as dash does', () => {
    const script = frame("printf 'it'\\''s'; exit 5", 'MARK');
    const said = execFileSync(busybox ?? '', ['sh'], { input: script, stdio: ['pipe', 'pipe', 'ignore'] });
    const passed: Uint8Array[] = [];
    expect(new MarkFinder('MARK', (bytes) => passed.push(bytes)).push(said)).toBe(':5');
    expect(text(Buffer.concat(passed))).toBe("it's");
  });
});

function findBusybox(): string | undefined {
  return ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
}
