import { expect, test } from 'vitest';
import { planDigest } from '../../plan/digest.ts';
import { hostName, runId, stepInstance } from '../../plan/ids.ts';
import { PLAN, type TestServer, testServer } from '../app.fixture.ts';

const HELLO = { runbook: 'demo/hello', inputs: { name: 'world' }, reason: 'to greet' };

async function startedRun(server: TestServer) {
  const { body } = await server.call('POST', '/api/runs', HELLO);
  const run = runId(String(body.run));
  await server.write(run, 'run.started', { plan: planDigest(PLAN) });
  return run;
}

test('a run is recorded and its workflow started', async () => {
  await using server = await testServer();
  const { status, body } = await server.call('POST', '/api/runs', HELLO);
  expect(status).toBe(202);
  expect(body).toMatchObject({ plan: planDigest(PLAN), link: `/api/runs/${body.run}` });
  expect(server.engine.started).toEqual([
    {
      run: body.run,
      plan: planDigest(PLAN),
      epoch: 1,
      requestedBy: 'ada',
      reason: 'to greet',
      identity: 'one_owner',
    },
  ]);
  const shown = await server.call('GET', `/api/runs/${body.run}`);
  expect(shown.body).toMatchObject({
    status: 'requested',
    runbook: 'demo/hello',
    reason: 'to greet',
    epoch: 1,
  });
});

test('the same idempotency key is the same run', async () => {
  await using server = await testServer();
  const key = { 'idempotency-key': 'once' };
  const first = await server.call('POST', '/api/runs', HELLO, key);
  const second = await server.call('POST', '/api/runs', HELLO, key);
  expect(second.body.run).toBe(first.body.run);
  expect(server.engine.started).toHaveLength(1);
  expect((await server.call('GET', '/api/runs')).body.runs).toHaveLength(1);
});

test('a plan that was made can be run by its digest', async () => {
  await using server = await testServer();
  const plan = await server.call('POST', '/api/plans', { runbook: 'demo/hello', inputs: {} });
  expect(plan.body).toMatchObject({
    digest: planDigest(PLAN),
    steps: [{ path: 'sure', kind: 'approve', title: 'Is world ready?' }],
    gates: [{ path: 'sure', ask: 'Greet world', by: ['ada'] }],
    warnings: [expect.stringContaining('h1 could not be asked for its home folder')],
  });
  const run = await server.call('POST', '/api/runs', { plan: plan.body.digest, reason: 'as planned' });
  expect(run.status).toBe(202);
  const unknown = await server.call('POST', '/api/runs', { plan: '0'.repeat(64) });
  expect(unknown).toMatchObject({ status: 404, body: { code: 'plan/unknown' } });
});

test('a run is recorded also while Temporal is down, and says that it starts later', async () => {
  await using server = await testServer();
  server.engine.reachable = false;
  const { status, body } = await server.call('POST', '/api/runs', HELLO);
  expect(status).toBe(202);
  expect(body.warnings).toContainEqual(expect.stringContaining('Temporal does not answer'));
});

test('what can’t be planned is a problem with every complaint, and nothing is recorded', async () => {
  await using server = await testServer();
  const { status, body } = await server.call('POST', '/api/runs', { ...HELLO, inputs: { bad: 1 } });
  expect(status).toBe(422);
  expect(body).toMatchObject({
    code: 'plan/complaints',
    mend: 'Leave it out.',
    complaints: [{ file: 'inputs', line: 1, column: 1, message: 'there is no input bad' }],
  });
  expect((await server.call('GET', '/api/ledger')).body.entries).toEqual([]);
});

test('a runbook that there is not names those there are', async () => {
  await using server = await testServer();
  const { status, body } = await server.call('POST', '/api/plans', { runbook: 'demo/bye' });
  expect(status).toBe(404);
  expect(body).toMatchObject({ code: 'runbook/unknown', mend: expect.stringContaining('demo/hello') });
  const close = await server.call('POST', '/api/plans', { runbook: 'hello' });
  expect(close.body.mend).toMatch(/^Did you mean demo\/hello\? One of your own goes to/);
});

test('@last is the newest run, and an unknown one is a problem', async () => {
  await using server = await testServer();
  expect((await server.call('GET', '/api/runs/@last')).status).toBe(404);
  const { body } = await server.call('POST', '/api/runs', HELLO);
  expect((await server.call('GET', '/api/runs/@last')).body.run).toBe(body.run);
  const unknown = await server.call('GET', '/api/runs/r-20200101-aaaaaa');
  expect(unknown).toMatchObject({ status: 404, body: { code: 'run/unknown', mend: expect.any(String) } });
});

test('the run shows its steps with what each host said', async () => {
  await using server = await testServer();
  const run = await startedRun(server);
  const step = stepInstance('greet');
  const host = hostName('h1');
  await server.write(run, 'step.started', { step, title: 'Greet', hosts: [host] });
  await server.write(run, 'attempt.started', { step, host, generation: 0 });
  const running = await server.call('GET', `/api/runs/${run}`);
  expect(running.body.steps).toMatchObject([
    { step: 'greet', outcome: 'running', hosts: [{ outcome: 'running' }] },
  ]);
  const result = {
    host,
    generation: 0,
    outcome: 'failed',
    rc: 3,
    reason: 'no voice',
    outputs: { said: 'x' },
  } as const;
  await server.write(run, 'attempt.ended', { step, result });
  await server.write(run, 'run.held', { step, hosts: [host], why: 'h1 failed', offers: ['retry', 'skip'] });
  const held = await server.call('GET', `/api/runs/${run}`);
  expect(held.body).toMatchObject({
    status: 'held',
    at: 'greet',
    why: 'h1 failed',
    held: [{ step: 'greet', hosts: ['h1'], offers: ['retry', 'skip'] }],
    steps: [
      { hosts: [{ host: 'h1', outcome: 'failed', rc: 3, reason: 'no voice', outputs: { said: 'x' } }] },
    ],
    report: ['sure'],
  });
  await server.write(run, 'run.ended', { status: 'cancelled' });
  const { body } = await server.call('GET', `/api/runs/${run}`);
  expect(body.steps).toMatchObject([{ step: 'greet', ended_at: body.ended_at }]);
});

test('runs are listed by status, and a status that there is not is refused', async () => {
  await using server = await testServer();
  const run = await startedRun(server);
  await server.call('POST', '/api/runs', HELLO);
  const running = await server.call('GET', '/api/runs?status=running,held');
  expect(running.body.runs).toMatchObject([{ run, status: 'running' }]);
  const wrong = await server.call('GET', '/api/runs?status=sleeping');
  expect(wrong).toMatchObject({ status: 400, body: { code: 'request/invalid' } });
});

test('open gates of all runs are listed with what is shown to who approves', async () => {
  await using server = await testServer();
  const run = await startedRun(server);
  await server.write(run, 'gate.opened', {
    step: stepInstance('sure'),
    ask: 'Greet world',
    by: ['ada'],
    count: 1,
    expires: 99,
    shown: { plan: 'x' },
    shownDigest: 'd1',
    round: 0,
  });
  expect((await server.call('GET', '/api/gates')).body.gates).toMatchObject([
    { run, step: 'sure', ask: 'Greet world', shown: { plan: 'x' }, shown_digest: 'd1', approvals: [] },
  ]);
});

test('events come in order, go on after the last that was seen, and end with the run', async () => {
  await using server = await testServer();
  const run = await startedRun(server);
  const other = await startedRun(server);
  const url = `/api/runs/${run}/events`;
  const headers = { authorization: 'Bearer hf_test', accept: 'text/event-stream' };
  const following = server.app.inject({ method: 'GET', url, headers });
  await server.write(other, 'run.ended', { status: 'succeeded' });
  await server.write(run, 'run.ended', { status: 'succeeded' });
  const { payload } = await following;
  const kinds = [...payload.matchAll(/"kind":"([a-z.]+)","key"/g)].map(([, kind]) => kind);
  expect(kinds).toEqual(['plan.compiled', 'run.requested', 'run.started', 'run.ended']);
  expect(payload).toContain('event: end');

  const ids = [...payload.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id ?? '');
  const again = await server.app.inject({
    method: 'GET',
    url,
    headers: { ...headers, 'last-event-id': ids[2] },
  });
  expect([...again.payload.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id)).toEqual([ids[3]]);
});
