import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findProgram } from '../../toolbox/findProgram.ts';
import type { Limits, waits } from './temporalCall.fixture.ts';
import { temporalCall } from './temporalCall.ts';

const address = '127.0.0.1:22895';
const logger = new DefaultLogger('ERROR');
let temporal: ChildProcess;
let client: Client;
let native: NativeConnection;
let workflowBundle: { readonly code: string };
let names = 0;

beforeAll(async () => {
  const program = await findProgram('temporal');
  const args = [
    'server',
    'start-dev',
    '--headless',
    '--ip',
    '127.0.0.1',
    '--port',
    '22895',
    '--log-level',
    'never',
  ];
  temporal = spawn(program.path, args, { stdio: 'ignore' });
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
  const workflowsPath = fileURLToPath(new URL('./temporalCall.fixture.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
  native = await connected();
  client = new Client({ connection: await Connection.connect({ address }) });
});

afterAll(async () => {
  await client?.connection.close();
  await native?.close();
  temporal?.kill('SIGKILL');
  if (temporal?.exitCode === null && temporal.signalCode === null) await once(temporal, 'exit');
});

async function connected(): Promise<NativeConnection> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      if (tries > 200 || temporal.exitCode !== null) throw error;
      await pause(100);
    }
  }
}

type Told = { readonly by: 'stop' | 'let go'; readonly stopping: boolean };

/** A worker with one activity, which says what it is told. */
async function work(limits: Limits) {
  const name = `waits-${names++}`;
  const began = Promise.withResolvers<void>();
  const told = Promise.withResolvers<Told>();
  const worker = await Worker.create({
    connection: native,
    workflowBundle,
    taskQueue: name,
    shutdownGraceTime: 100,
    maxHeartbeatThrottleInterval: 500,
    defaultHeartbeatThrottleInterval: 500,
    activities: {
      async wait() {
        const call = temporalCall(() => false);
        began.resolve();
        const fired = (signal: AbortSignal) => signal.aborted || once(signal, 'abort');
        await Promise.race([fired(call.stop), fired(call.letGo)]);
        // Both would be a contradiction: whatever follows the first word must not change it.
        await pause(200);
        const by = call.stop.aborted ? 'stop' : 'let go';
        if (call.stop.aborted && call.letGo.aborted) told.reject(new Error('told both'));
        told.resolve({ by, stopping: call.stopping() });
        call.done();
      },
    },
  });
  const running = worker.run();
  const handle = await client.workflow.start<typeof waits>('waits', {
    taskQueue: name,
    workflowId: name,
    args: [name, limits],
    workflowTaskTimeout: '1s',
  });
  await began.promise;
  return {
    worker,
    handle,
    told: told.promise,
    async [Symbol.asyncDispose]() {
      await handle.terminate().catch(() => undefined);
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
  };
}

it('a cancel that somebody asked for stops', async () => {
  await using one = await work({});
  await one.handle.cancel();
  expect(await one.told).toEqual({ by: 'stop', stopping: false });
});

it('a worker that shuts down lets go', async () => {
  await using one = await work({});
  one.worker.shutdown();
  expect(await one.told).toEqual({ by: 'let go', stopping: true });
});

it('a workflow that was terminated lets go', async () => {
  await using one = await work({});
  await one.handle.terminate('a test');
  expect(await one.told).toEqual({ by: 'let go', stopping: false });
});

it('a local activity lets go when its run is dropped from memory, as after a termination: nobody asked', async () => {
  await using one = await work({ startToClose: 60_000, local: true });
  await one.handle.terminate('a test');
  expect(await one.told).toEqual({ by: 'let go', stopping: false });
});

it.each([
  ['a heartbeat that came too late', { heartbeat: 300 }],
  ['a time limit', { startToClose: 1_500 }],
  ['the time limit of a local activity', { startToClose: 1_500, local: true }],
] as const)('%s lets go', async (_, limits) => {
  await using one = await work(limits);
  expect(await one.told).toEqual({ by: 'let go', stopping: false });
});
