import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchOver } from './watch.ts';

const log = pino({ level: 'silent' });
const job = { run: 'r', step: 's', host: 'h', generation: 0, job: 'j', call: 'c' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-watch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a step waits until its number has come back, and goes on when nobody listens any more', async () => {
  const path = join(folder, 'socket');
  const { promise: connected, resolve } = Promise.withResolvers<Socket>();
  const server = createServer(resolve).listen(path);
  try {
    const watch = watchOver(path, log);
    const first = watch(job, { at: 'calls' });
    const listener = await connected;
    const line = await new Promise<string>((told) => listener.once('data', (data) => told(String(data))));
    expect(JSON.parse(line)).toEqual({ number: 1, worker: process.pid, job, event: { at: 'calls' } });
    const second = watch(job, { at: 'lets go' });
    listener.write('1\n');
    await first;
    listener.destroy();
    await second;
  } finally {
    server.close();
  }
});

test('where nobody listens everything goes on', async () => {
  await watchOver(join(folder, 'nothing'), log)(job, { at: 'calls' });
});
