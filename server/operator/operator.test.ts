import { pino } from 'pino';
import { expect, test } from 'vitest';
import { digest, runId, stepInstance } from '../../plan/ids.ts';
import { type TestServer, testServer } from '../app.fixture.ts';
import { sweep } from '../sweeper/sweeper.ts';
import { createOutbox } from './outbox.ts';

async function aRun(server: TestServer) {
  const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello', reason: 'to greet' });
  const run = runId(String(body.run));
  await server.write(run, 'run.started', { plan: digest('d') });
  return run;
}

test('the answer to a person is the run’s own', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'paused before sure' } };
  const { status, body } = await server.call('POST', `/api/runs/${run}/pause`, { reason: 'lunch' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ says: 'paused before sure' });
  expect(server.engine.operated).toMatchObject([
    { action: { kind: 'pause' }, reason: 'lunch', actor: { subject: 'ada' } },
  ]);
  const ask = await server.call('GET', `/api/asks/${body.ask}`);
  expect(ask.body).toMatchObject({ state: 'applied', run, action: 'pause' });
});

test('a refusal is a conflict with the run’s reason', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  const answer = { taken: false, why: 'nothing is held', mend: 'See the run.' } as const;
  server.engine.answers = { kind: 'answered', answer };
  const { status, body } = await server.call('POST', `/api/runs/${run}/retry`, {
    step: 'sure',
    hosts: ['h1'],
  });
  expect(status).toBe(409);
  expect(body).toMatchObject({ code: 'run/refused', detail: 'nothing is held', mend: 'See the run.' });
});

test('who answers a run where nothing waits is told which run does', async () => {
  await using server = await testServer();
  const [run, other] = [await aRun(server), await aRun(server)];
  const held = { step: stepInstance('greet'), hosts: [], why: 'no', offers: ['retry'] } as const;
  await server.write(other, 'run.held', held);
  const answer = { taken: false, why: 'Nothing waits.', mend: 'See the run.' } as const;
  server.engine.answers = { kind: 'answered', answer };
  const refused = await server.call('POST', `/api/runs/${run}/retry`, {});
  expect(refused.body.mend).toBe(`See the run. What waits for a person: ${other} (demo/hello).`);
  expect((await server.call('POST', `/api/runs/${other}/retry`, {})).body.mend).toBe('See the run.');
  expect((await server.call('POST', `/api/runs/${run}/pause`, {})).body.mend).toBe('See the run.');
});

test('what nobody takes in time is recorded, told with a link, and handed over by the sweeper', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.answers = { kind: 'pending', why: 'no worker' };
  const { status, body } = await server.call('POST', `/api/runs/${run}/abort`, { reason: 'wrong host' });
  expect(status).toBe(202);
  expect(body.link).toBe(`/api/asks/${body.ask}`);
  expect((await server.call('GET', String(body.link))).body).toMatchObject({ state: 'open' });

  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'aborting' } };
  await sweep(server.parts);
  await expect.poll(async () => (await server.call('GET', String(body.link))).body.state).toBe('applied');
});

test('what the record says was taken is handed over until the workflow has answered: it may have lost that', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.answers = { kind: 'pending', why: 'Temporal was killed' };
  const { body } = await server.call('POST', `/api/runs/${run}/abort`, { reason: 'wrong host' });
  const action = { kind: 'abort', rollback: false } as const;
  const applied = { ask: String(body.ask), says: 'aborting', action };
  await server.write(run, 'operator.applied', applied);
  server.engine.operated.length = 0;
  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'aborting' } };
  await sweep(server.parts);
  await expect.poll(() => server.engine.operated.map(({ ask }) => ask)).toEqual([body.ask]);
  await sweep(server.parts);
  expect(server.engine.operated).toHaveLength(1);
});

test('what was taken before the run ended stays taken', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.answers = { kind: 'pending', why: 'Temporal was killed' };
  const { body } = await server.call('POST', `/api/runs/${run}/abort`, { reason: 'wrong host' });
  const action = { kind: 'abort', rollback: false } as const;
  const applied = { ask: String(body.ask), says: 'aborting', action };
  await server.write(run, 'operator.applied', applied);
  await server.write(run, 'run.ended', { status: 'cancelled' });
  server.engine.answers = { kind: 'ended' };
  await sweep(server.parts);
  await expect.poll(() => server.parts.ledger.openAsks()).toEqual([]);
  const ask = await server.call('GET', `/api/asks/${body.ask}`);
  expect(ask.body).toMatchObject({ state: 'applied', says: 'aborting' });
});

test('an ask that nobody took in ten minutes expires and can’t strike later', async () => {
  let now = 1_000_000;
  await using server = await testServer({ clock: () => now });
  const run = await aRun(server);
  server.engine.answers = { kind: 'pending', why: 'no worker' };
  const { body } = await server.call('POST', `/api/runs/${run}/abort`, {});
  now += 600_001;
  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'aborting' } };
  const before = server.engine.operated.length;
  await sweep(server.parts);
  expect((await server.call('GET', String(body.link))).body).toMatchObject({ state: 'expired' });
  expect(server.engine.operated).toHaveLength(before);
});

test('the same idempotency key is the same ask', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  const key = { 'idempotency-key': 'abc' };
  await server.call('POST', `/api/runs/${run}/pause`, {}, key);
  const again = await server.call('POST', `/api/runs/${run}/pause`, {}, key);
  expect(again).toMatchObject({ status: 200, body: { ask: 'abc' } });
  expect(server.engine.operated).toHaveLength(1);
});

test('asks are handed to a run one after the other, in the order in which they were asked, also after a restart', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.answers = 'wait';
  const actions = ['pause', 'abort', 'resume'] as const;
  for (const action of actions) await server.call('POST', `/api/runs/${run}/${action}`, {});
  expect(server.engine.operated.map((ask) => ask.action.kind)).toEqual(['pause']);

  await server.parts.outbox.close();
  server.engine.operated.length = 0;
  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'done' } };
  const outbox = createOutbox({ ...server.parts, engine: server.engine, log: pino({ level: 'silent' }) });
  await sweep({ ...server.parts, outbox });
  await expect.poll(() => server.engine.operated.map((ask) => ask.action.kind)).toEqual(actions);
});

test('a run that has ended refuses in words, and the refusal is recorded', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await server.write(run, 'run.ended', { status: 'succeeded' });
  server.engine.answers = { kind: 'ended' };
  const { status, body } = await server.call('POST', `/api/runs/${run}/pause`, {});
  expect(status).toBe(409);
  expect(body.detail).toContain('has ended');
  const entries = await server.parts.ledger.read({ run, kinds: ['operator.asked', 'operator.refused'] });
  expect(entries.map((entry) => entry.kind)).toEqual(['operator.asked', 'operator.refused']);
});

test('an ask that meets the end of one of a run’s executions waits for the next one', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.answers = { kind: 'ended' };
  const { status, body } = await server.call('POST', `/api/runs/${run}/pause`, {});
  expect(status).toBe(202);
  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'paused' } };
  await sweep(server.parts);
  await expect.poll(async () => (await server.call('GET', String(body.link))).body.state).toBe('applied');
});

test('a run whose workflow is gone is interrupted, and resume lets it go on in the next epoch', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.states.set(run, 'absent');
  await sweep(server.parts);
  expect((await server.call('GET', `/api/runs/${run}`)).body).toMatchObject({ status: 'interrupted' });
  expect((await server.call('GET', '/api/runs?status=interrupted')).body.runs).toMatchObject([{ run }]);

  const resumed = await server.call('POST', `/api/runs/${run}/resume`, { reason: 'new Temporal' });
  expect(resumed).toMatchObject({ status: 200, body: { says: expect.stringContaining('epoch 2') } });
  expect(server.engine.started.at(-1)).toMatchObject({ run, epoch: 2 });
  expect((await server.call('GET', `/api/runs/${run}`)).body).toMatchObject({ status: 'running' });
});

test('an abort of a run whose workflow is gone is recorded for the next epoch, which begins at once', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.states.set(run, 'closed');
  const aborted = await server.call('POST', `/api/runs/${run}/abort`, { reason: 'enough' });
  expect(aborted).toMatchObject({ status: 200, body: { says: expect.stringContaining('to its end') } });
  expect(server.engine.started.at(-1)).toMatchObject({ run, epoch: 2 });
  const applied = await server.parts.ledger.read({ run, kinds: ['operator.applied'] });
  expect(applied).toMatchObject([
    { epoch: 1, actor: { subject: 'ada' }, data: { action: { kind: 'abort' } } },
  ]);
});

test('an abort of a run that has lost its workflow on its way back stops that, and not the way there', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await server.write(run, 'rollback.started', { why: 'no', steps: 1, undoes: [], leaves: [] });
  server.engine.states.set(run, 'closed');
  const { body } = await server.call('POST', `/api/runs/${run}/abort`, { reason: 'enough' });
  expect(body.says).toContain('what is not undone yet stays');
  const applied = await server.parts.ledger.read({ run, kinds: ['operator.applied'] });
  expect(applied).toMatchObject([{ data: { point: 'rollback', reason: 'enough' } }]);
});

test('an abort that comes when the next epoch has begun is handed to its workflow', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.states.set(run, 'closed');
  const { ledger } = server.parts;
  const epoch = ledger.epoch;
  // Somebody else's resume gets through between the look and the record.
  ledger.epoch = async (of) => {
    const before = await epoch(of);
    const engine = { kind: 'engine' } as const;
    const continued = { kind: 'run.continued', data: { from: 1 } } as const;
    await ledger.append([{ key: 'continued', run, epoch: 2, actor: engine, ...continued }]);
    return before;
  };
  await server.call('POST', `/api/runs/${run}/abort`, { reason: 'enough' });
  expect(server.engine.operated).toMatchObject([{ action: { kind: 'abort' } }]);
});

test.each(['resume', 'abort'])('%s while Temporal is down is recorded, and taken later', async (action) => {
  await using server = await testServer();
  const run = await aRun(server);
  server.engine.reachable = false;
  server.engine.answers = { kind: 'pending', why: 'down' };
  expect((await server.call('POST', `/api/runs/${run}/${action}`, {})).status).toBe(202);
  server.engine.reachable = true;
  server.engine.answers = { kind: 'answered', answer: { taken: true, says: 'done' } };
  await sweep(server.parts);
  expect(server.engine.operated.at(-1)).toMatchObject({ action: { kind: action } });
});

test('a run whose workflow closed before its first entry can be resumed', async () => {
  await using server = await testServer();
  const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello' });
  const run = runId(String(body.run));
  server.engine.states.set(run, 'closed');
  await server.call('POST', `/api/runs/${run}/resume`, {});
  expect(server.engine.started.at(-1)).toMatchObject({ run, epoch: 2 });
});

test('a run whose workflow lives is never started a second time by resume', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await server.call('POST', `/api/runs/${run}/resume`, {});
  expect(server.engine.started).toHaveLength(1);
  expect(server.engine.operated).toMatchObject([{ action: { kind: 'resume' } }]);
});

test('the sweeper starts what was requested while Temporal was down', async () => {
  await using server = await testServer();
  server.engine.reachable = false;
  const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello' });
  server.engine.reachable = true;
  await sweep(server.parts);
  await sweep(server.parts);
  expect(server.engine.started).toMatchObject([{ run: body.run, epoch: 1 }]);
});

test.each(['skip', 'resolve'])('%s without a reason is refused', async (action) => {
  await using server = await testServer();
  const run = await aRun(server);
  const { status, body } = await server.call('POST', `/api/runs/${run}/${action}`, {
    host: 'h1',
    as: 'failed',
  });
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: 'request/invalid', detail: expect.stringContaining('reason') });
});

test('a key that the action does not know is refused', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  const { status } = await server.call('POST', `/api/runs/${run}/abort`, { roll_back: true });
  expect(status).toBe(400);
});
