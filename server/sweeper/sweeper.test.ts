import { expect, test } from 'vitest';
import { planDigest } from '../../plan/digest.ts';
import { runId } from '../../plan/ids.ts';
import { PLAN, testServer } from '../app.fixture.ts';
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
