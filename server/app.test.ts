import { expect, test } from 'vitest';
import { testServer } from './app.fixture.ts';

test('health is open, everything else needs the token', async () => {
  await using server = await testServer();
  const open = await server.app.inject('/healthz');
  expect(open.statusCode).toBe(200);
  for (const headers of [{}, { authorization: 'Bearer other' }, { authorization: 'hf_test' }]) {
    const refused = await server.app.inject({ url: '/api/runs', headers });
    expect(refused.statusCode).toBe(401);
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(refused.json()).toMatchObject({ code: 'identity/token', mend: expect.any(String) });
  }
});

test('ready says what is missing', async () => {
  await using server = await testServer();
  expect((await server.app.inject('/readyz')).statusCode).toBe(200);
  server.engine.reachable = false;
  const down = await server.app.inject('/readyz');
  expect(down.statusCode).toBe(503);
  expect(down.json()).toMatchObject({ ok: false, says: 'no worker polls for work' });
});

test('the OpenAPI document names every route of the API', async () => {
  await using server = await testServer();
  const { body } = await server.call('GET', '/api/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths ?? {})).toEqual(
    expect.arrayContaining([
      '/api/runs',
      '/api/runs/{run}',
      '/api/runs/{run}/events',
      '/api/runs/{run}/log',
      '/api/runs/{run}/approve',
      '/api/plans',
      '/api/doctor',
      '/api/ledger',
    ]),
  );
});

test('a path that there is not is a problem document', async () => {
  await using server = await testServer();
  expect(await server.call('GET', '/api/nothing')).toMatchObject({
    status: 404,
    body: { code: 'request/unknown-path', status: 404 },
  });
});

test('a body that is no JSON is a problem document', async () => {
  await using server = await testServer();
  const headers = { authorization: 'Bearer hf_test', 'content-type': 'application/json' };
  const response = await server.app.inject({ method: 'POST', url: '/api/plans', headers, body: '{' });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ code: 'request/invalid' });
});

test('a runbook is found by a name with slashes', async () => {
  await using server = await testServer();
  expect((await server.call('GET', '/api/runbooks/demo/hello')).body).toMatchObject({ name: 'demo/hello' });
  expect((await server.call('GET', '/api/runbooks/demo/bye')).status).toBe(404);
});

test('the inventory is shown, and a host that can’t be reached says why', async () => {
  await using server = await testServer();
  expect((await server.call('GET', '/api/inventory')).body).toMatchObject({
    hosts: [{ name: 'h1', zone: 'default' }],
    groups: { web: ['h1'] },
  });
  const checked = await server.call('POST', '/api/inventory/check', {});
  expect(checked.body.hosts).toMatchObject([
    { host: 'h1', ok: false, kind: 'refused', says: 'nobody listens there' },
  ]);
  const events = await server.app.inject({
    method: 'POST',
    url: '/api/inventory/check',
    headers: { authorization: 'Bearer hf_test', accept: 'text/event-stream' },
    body: {},
  });
  expect(events.body).toContain('event: progress\ndata: {"checked":1,"of":1}');
  expect(events.body).toMatch(/event: checked\ndata: \{"hosts":\[\{"host":"h1"/);
  expect((await server.call('POST', '/api/inventory/check', { limit: 'db' })).status).toBe(422);
});

test('the doctor tells what is not well and what to do', async () => {
  await using server = await testServer();
  expect((await server.call('GET', '/api/doctor')).body.ok).toBe(true);
  server.engine.reachable = false;
  const { body } = await server.call('GET', '/api/doctor');
  expect(body.ok).toBe(false);
  expect(body.checks).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'worker', level: 'error', mend: expect.any(String) }),
    ]),
  );
});

test('the doctor says which settings of Temporal make its timers late', async () => {
  await using server = await testServer();
  server.engine.delay = 980;
  const { body } = await server.call('GET', '/api/doctor');
  expect(body.checks).toContainEqual(
    expect.objectContaining({
      name: 'timers',
      level: 'warning',
      says: expect.stringContaining('980 ms late'),
      mend: expect.stringContaining('history.timerProcessorMaxTimeShift'),
    }),
  );
});
