import { describe, expect, test } from 'vitest';
import { planDigest } from '../../plan/digest.ts';
import { hostName, type RunId, runId, stepInstance } from '../../plan/ids.ts';
import { PLAN, type TestServer, testServer } from '../app.fixture.ts';
import { examine } from '../doctor/doctor.ts';
import { sweep } from './sweeper.ts';

test('a run whose workflow fails again and again says so, in its view and at the doctor', async () => {
  await using server = await testServer();
  const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello', inputs: {} });
  const run = runId(String(body.run));
  await server.write(run, 'run.started', { plan: planDigest(PLAN) });
  const runs = async () => (await examine(server.parts)).find(({ name }) => name === 'runs');

  // A worker that died in the middle of a task is nothing to warn of.
  server.engine.attempts.set(run, 2);
  await sweep(server.parts);
  expect((await server.call('GET', `/api/runs/${run}`)).body).not.toHaveProperty('warning');
  expect(await runs()).toMatchObject({ level: 'ok' });

  server.engine.attempts.set(run, 6);
  await sweep(server.parts);
  const warning = expect.stringContaining('the engine fails to go on with it (attempt 6)');
  expect((await server.call('GET', `/api/runs/${run}`)).body).toMatchObject({ status: 'running', warning });
  expect((await server.call('GET', '/api/runs')).body.runs).toMatchObject([{ run, warning }]);
  expect(await runs()).toMatchObject({ level: 'error', says: expect.stringContaining(run) });

  server.engine.attempts.set(run, 1);
  await sweep(server.parts);
  expect(await runs()).toMatchObject({ level: 'ok' });
});

test('what a run has sealed is erased once its end is recorded, and not before', async () => {
  await using server = await testServer();
  const { sealed } = server.parts.ledger;
  const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello', inputs: {} });
  const run = runId(String(body.run));
  await server.write(run, 'run.started', { plan: planDigest(PLAN) });
  await sealed.keep(`${run}/a`, Buffer.from('sealed'));
  await sweep(server.parts);
  expect(await sealed.list(run)).toEqual([`${run}/a`]);
  await server.write(run, 'run.ended', { status: 'succeeded' });
  await sweep(server.parts);
  expect(await sealed.runs()).toEqual([]);
});

describe('what keeps a run from going on and is in no record', () => {
  async function aRun(server: TestServer) {
    const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello', inputs: {} });
    const run = runId(String(body.run));
    await server.write(run, 'run.started', { plan: planDigest(PLAN) });
    return run;
  }
  const look = async (server: TestServer, run: RunId) => (await server.call('GET', `/api/runs/${run}`)).body;

  test('an engine that does not answer is said with how long, until it does', async () => {
    let now = Date.now();
    await using server = await testServer({ clock: () => now });
    const run = await aRun(server);
    server.engine.reachable = false;
    await expect(sweep(server.parts)).rejects.toThrow();
    now += 42_000;
    await expect(sweep(server.parts)).rejects.toThrow();
    const warning = expect.stringContaining('Temporal has not answered for 42 s');
    expect(await look(server, run)).toMatchObject({ status: 'running', warning });
    server.engine.reachable = true;
    await sweep(server.parts);
    expect(await look(server, run)).not.toHaveProperty('warning');
  });

  test('a step that is tried again and again says why, and a host that is lost until when it is looked for', async () => {
    await using server = await testServer();
    const run = await aRun(server);
    const [step, host] = [stepInstance('s'), hostName('h1')];
    await server.write(run, 'attempt.started', { step, host, generation: 0, job: 'j' });
    const lost = { step, host, since: 1, until: 900_001, why: 'nobody answers' };
    server.engine.told.set(run, { lookedFor: [lost], hindered: 'No space is left.' });
    await sweep(server.parts);
    expect(await look(server, run)).toMatchObject({
      warning: 'No space is left.',
      steps: [
        { hosts: [{ outcome: 'running', looked_for: { since: 1, until: 900_001, why: 'nobody answers' } }] },
      ],
    });
    // What the record says of the host stands over what was told of it before.
    await server.write(run, 'run.ended', { status: 'cancelled' });
    await sweep(server.parts);
    expect(JSON.stringify(await look(server, run))).not.toMatch(/No space|looked_for/);
  });
});
