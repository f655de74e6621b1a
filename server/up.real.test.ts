import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLedger } from '../ledger/open.ts';
import { planDigest } from '../plan/digest.ts';
import { PLAN } from './app.fixture.ts';
import { dataFiles, readServerFile, type Up, up } from './up.ts';

const digest = planDigest(PLAN);
let dataDir: string;
let running: Up;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'holdfast-up-'));
  const ledger = openLedger({ path: dataFiles(dataDir).ledger });
  await ledger.putPlan({ plan: PLAN, digest, blobs: {} });
  await ledger.close();
  running = await start();
});

afterAll(async () => {
  await running?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function start(port = 0): Promise<Up> {
  return up({ dataDir, port, inventory: [], runbooks: [] });
}

async function call(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(running.url + path, {
    method,
    headers: { authorization: `Bearer ${running.token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  return answer as Readonly<Record<string, unknown>>;
}

function lives(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function untilStatus(run: unknown, status: string): Promise<void> {
  await expect
    .poll(async () => (await call('GET', `/api/runs/${run}`)).status, { timeout: 30_000, interval: 50 })
    .toBe(status);
}

test('it says where it is, to its owner alone', async () => {
  const files = dataFiles(dataDir);
  expect(await readServerFile(files.server)).toMatchObject({ url: running.url, pid: process.pid });
  expect((await stat(files.token)).mode & 0o777).toBe(0o600);
  expect((await readFile(files.token, 'utf8')).trim()).toBe(running.token);
  expect(await (await fetch(`${running.url}/readyz`)).json()).toMatchObject({ ok: true });
});

test('a run waits at its gate, its worker is killed, and the next worker takes the approval', async () => {
  const { run } = await call('POST', '/api/runs', { plan: digest, reason: 'to greet' });
  await untilStatus(run, 'waiting');

  const killed = running.workerPid();
  if (killed !== undefined) process.kill(killed, 'SIGKILL');
  await expect
    .poll(() => running.workerPid() !== killed && lives(running.workerPid()), { timeout: 30_000 })
    .toBe(true);

  const approved = await call('POST', `/api/runs/${run}/approve`, { reason: 'go on' });
  await expect
    .poll(async () => (await call('GET', `/api/asks/${approved.ask}`)).state, { timeout: 30_000 })
    .toBe('applied');
  await untilStatus(run, 'succeeded');
  await expect.poll(() => call('GET', '/api/locks'), { timeout: 10_000 }).toEqual({ locks: [] });
});

test('Temporal is started again when it dies, and an open run goes on', async () => {
  const { run } = await call('POST', '/api/runs', { plan: digest });
  await untilStatus(run, 'waiting');
  const killed = running.temporalPid();
  if (killed !== undefined) process.kill(killed, 'SIGTERM');
  await expect
    .poll(() => running.temporalPid() !== killed && lives(running.temporalPid()), { timeout: 30_000 })
    .toBe(true);
  await call('POST', `/api/runs/${run}/approve`, {});
  await untilStatus(run, 'succeeded');
});

test('a second one for the same folder is refused and told where the first is', async () => {
  await expect(start()).rejects.toMatchObject({
    code: 'up/running',
    message: expect.stringContaining(running.url),
    mend: expect.stringContaining(String(process.pid)),
  });
});

test('a port that is taken is refused in words', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = other.address();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-up-'));
  const port = taken !== null && typeof taken === 'object' ? taken.port : 0;
  await expect(up({ dataDir: folder, port, inventory: [], runbooks: [] })).rejects.toMatchObject({
    code: 'up/port-taken',
  });
  other.close();
  await rm(folder, { recursive: true });
});

test('when it stops nothing is left behind, and the next one finds its runs and its ports', async () => {
  const { run } = await call('POST', '/api/runs', { plan: digest });
  await untilStatus(run, 'waiting');
  const { url } = running;
  const pids = [running.workerPid(), running.temporalPid()];
  await running.stop();
  expect(pids.map(lives)).toEqual([false, false]);
  expect(existsSync(dataFiles(dataDir).server)).toBe(false);

  running = await up({ dataDir, inventory: [], runbooks: [] });
  expect(running.url).toBe(url);
  await untilStatus(run, 'waiting');
  await call('POST', `/api/runs/${run}/abort`, { reason: 'enough' });
  await untilStatus(run, 'cancelled');
});

test('when it is killed its worker and its Temporal end too, and the next one starts at once', async () => {
  await running.stop();
  const child = inAProcess();
  try {
    await once(child, 'message');
    const before = await readServerFile(dataFiles(dataDir).server);
    expect(lives(before?.worker.pid)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    running = await start();
    expect(lives(before?.temporal.pid)).toBe(false);
    await expect.poll(() => lives(before?.worker.pid), { timeout: 30_000 }).toBe(false);
  } finally {
    child.kill('SIGKILL');
  }
});

function inAProcess(): ChildProcess {
  const script = `
    const { up } = await import(${JSON.stringify(join(import.meta.dirname, 'up.ts'))});
    await up({ dataDir: ${JSON.stringify(dataDir)}, inventory: [], runbooks: [] });
    process.send('up');`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
