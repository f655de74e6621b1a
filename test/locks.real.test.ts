import { randomUUID } from 'node:crypto';
import { Connection, WorkflowClient } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LockList } from '../server/api/ledger.ts';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

/** Everybody wants `shared`; who has it leaves a line, and keeps it until the file `end` is there. */
const RUNBOOKS = {
  'shared.yaml': `
holdfast: 1
name: shared
locks: [shared]
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: work
    run: |
      echo "$RUN" >>order
      until [ -e end ]; do sleep 0.05; done
      echo "$RUN ended" >>ended
`,
  'asked.yaml': `
holdfast: 1
name: asked
locks: [shared]
inputs: { hosts: { type: hosts, default: etcd } }
on: hosts
env: { RUN: '\${{ run.id }}' }
steps:
  - id: sure
    approve: { ask: 'Shall it?', by: [owner], allow_requester: true, expires: 1h }
  - id: work
    run: |
      echo "$RUN" >>order
      until [ -e end ]; do sleep 0.05; done
      echo "$RUN ended" >>ended
`,
};

const HOST = 'etcd00';
let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 26, hosts: 1, runbooks: RUNBOOKS });
});
afterAll(() => house?.[Symbol.asyncDispose]());

async function on(command: string): Promise<string> {
  return (await house.lab.ssh(HOST, command)).stdout;
}

async function lines(file: string): Promise<readonly string[]> {
  return (await on(`cat ${file} 2>/dev/null`)).split('\n').slice(0, -1);
}

async function works(run: string): Promise<void> {
  await until(`${run} works`, async () => ((await lines('order')).includes(run) ? true : undefined));
}

/** Started one after the other, so that the order of arrival is known. */
async function queue(count: number): Promise<readonly string[]> {
  const runs: string[] = [];
  while (runs.length < count) {
    const run = await house.start('shared');
    await house.reaches(run, 'queued');
    await until('its place is known', async () => (await house.view(run)).queue);
    runs.push(run);
  }
  return runs;
}

async function locks(): Promise<LockList['locks']> {
  return (await (await house.api()).get<LockList>('/api/locks')).locks;
}

async function inTemporal<T>(act: (client: WorkflowClient) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: (await house.server()).temporal.address });
  try {
    return await act(new WorkflowClient({ connection }));
  } finally {
    await connection.close();
  }
}

/** Temporal then runs the workflow again, in an execution that has forgotten all but what it was asked. */
function resetToItsStart(run: string): (client: WorkflowClient) => Promise<void> {
  return async (client) => {
    const handle = client.getHandle(run);
    const { runId } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const firstTask = events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: run },
      reason: 'a test',
      requestId: randomUUID(),
      ...(firstTask ? { workflowTaskFinishEventId: firstTask } : {}),
    });
    expect((await handle.describe()).runId).not.toBe(runId);
  };
}

async function clean(): Promise<void> {
  await on('rm -f order ended end');
}

test('ten runs on one lock get it in the order in which they came, also when the worker is killed meanwhile', async () => {
  await clean();
  const first = await house.start('shared');
  await works(first);
  const others = await queue(9);
  const shared = (await locks()).find(({ name }) => name === 'shared');
  expect(shared).toMatchObject({ run: first, status: 'running', waiting: others });
  const listed = await house.holdfast('locks');
  expect(listed.stdout).toContain(`then ${others.join(', ')}`);
  const last = await house.holdfast('show', others.at(-1) ?? '');
  expect(last.stdout).toContain(`shared is held by ${first}`);
  expect(last.stdout).toContain(`before it: ${others.slice(0, -1).join(', ')}`);

  await house.killWorker();
  await on('touch end');
  for (const run of [first, ...others]) await house.reaches(run, 'succeeded');
  expect(await lines('order')).toEqual([first, ...others]);
  expect(await locks()).toEqual([]);
});

test('a run that is aborted while it waits leaves the queue, and so does one that is cancelled in Temporal', async () => {
  await clean();
  const first = await house.start('shared');
  await works(first);
  const [aborted = '', cancelled = '', last = ''] = await queue(3);
  expect((await house.holdfast('abort', aborted, '-m', 'not needed')).code).toBe(0);
  await inTemporal((client) => client.getHandle(cancelled).cancel());
  await house.reaches(aborted, 'cancelled');
  await house.reaches(cancelled, 'cancelled');
  expect((await locks()).map(({ waiting }) => waiting)).toEqual([[last], [last]]);
  await on('touch end');
  await house.reaches(last, 'succeeded');
  expect(await lines('order')).toEqual([first, last]);
});

test('a holder that is terminated in Temporal keeps its locks while its command runs on, and says what to do', async () => {
  await clean();
  const holder = await house.start('shared');
  await works(holder);
  const [next = ''] = await queue(1);
  await inTemporal((client) => client.getHandle(holder).terminate('a test'));
  await house.reaches(holder, 'interrupted');
  const says = `held by ${holder}, whose workflow is gone: resume or abort ${holder}`;
  expect((await locks()).map((lock) => lock.says)).toEqual([says, says]);
  expect((await house.holdfast('locks')).stdout).toContain(says);
  const doctor = await house.holdfast('doctor');
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toContain(holder);
  expect((await house.holdfast('show', next)).stdout).toContain(`shared is held by ${holder}`);
  expect((await house.view(next)).status).toBe('queued');

  expect((await house.holdfast('abort', holder, '-m', 'it was terminated')).code).toBe(0);
  await house.reaches(holder, 'cancelled');
  await works(next);
  await on('touch end');
  await house.reaches(next, 'succeeded');
  expect(await lines('order')).toEqual([holder, next]);
  expect(await lines('ended')).toEqual([`${next} ended`]);
});

test('a holder that is reset in Temporal keeps its locks and its answers, and its command runs once', async () => {
  await clean();
  const holder = await house.start('asked');
  await house.reaches(holder, 'waiting');
  expect((await house.holdfast('approve', holder, '-m', 'yes')).code).toBe(0);
  await works(holder);
  const [next = ''] = await queue(1);
  await inTemporal(resetToItsStart(holder));
  expect((await house.view(next)).status).toBe('queued');
  await on('touch end');
  await house.reaches(next, 'succeeded');
  await house.reaches(holder, 'succeeded');
  expect(await lines('order')).toEqual([holder, next]);
  expect(await lines('ended')).toEqual([`${holder} ended`, `${next} ended`]);
});
