import { expect, test } from 'vitest';
import { digest, hostName, runId, stepInstance } from '../../plan/ids.ts';
import { type TestServer, testServer } from '../app.fixture.ts';

const step = stepInstance('greet');
const host = hostName('h1');

async function aRun(server: TestServer) {
  const { body } = await server.call('POST', '/api/runs', { runbook: 'demo/hello' });
  const run = runId(String(body.run));
  await server.write(run, 'run.started', { plan: digest('d') });
  await server.write(run, 'attempt.started', { step, host, generation: 0 });
  return run;
}

function say(server: TestServer, run: ReturnType<typeof runId>, offset: number, text: string) {
  const key = { run, step, host, generation: 0, stream: 'out' } as const;
  return server.parts.ledger.logs.write(key, offset, new TextEncoder().encode(text));
}

test('output is read from an offset, and more may follow while the command runs', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await say(server, run, 0, 'hello\n');
  const url = `/api/runs/${run}/log?step=greet&host=h1`;
  expect((await server.call('GET', url)).body).toMatchObject({
    text: 'hello\n',
    next: 6,
    bytes: 6,
    ended: false,
  });
  const rest = await server.call('GET', `${url}&offset=4`);
  expect(rest.body).toMatchObject({ text: 'o\n', offset: 4, next: 6 });
});

test('a character that is cut stays for the next piece', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await say(server, run, 0, 'aé');
  const cut = await server.call('GET', `/api/runs/${run}/log?step=greet&host=h1&limit=2`);
  expect(cut.body).toMatchObject({ text: 'a', next: 1 });
});

test('a follower gets what comes, until the command has ended', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await say(server, run, 0, 'one\n');
  const following = server.app.inject({
    url: `/api/runs/${run}/log?step=greet&host=h1`,
    headers: { authorization: 'Bearer hf_test', accept: 'text/event-stream' },
  });
  await say(server, run, 4, 'two\n');
  await server.write(run, 'attempt.ended', {
    step,
    result: { host, generation: 0, outcome: 'succeeded', rc: 0 },
  });
  const { payload } = await following;
  const texts = [...payload.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '{}').text);
  expect(texts.join('')).toBe('one\ntwo\n');
  expect(payload).toContain('"ended":true');
});

test('a step that has not run there is a problem', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  expect(await server.call('GET', `/api/runs/${run}/log?step=greet&host=h2`)).toMatchObject({
    status: 404,
    body: { code: 'log/unknown' },
  });
});

test('the logs of a run are listed', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await say(server, run, 0, 'hello\n');
  expect((await server.call('GET', `/api/runs/${run}/logs`)).body.logs).toEqual([
    { step: 'greet', host: 'h1', generation: 0, stream: 'out', bytes: 6, truncated: false },
  ]);
});

test('a log of which the host kept less than was said tells so', async () => {
  await using server = await testServer();
  const run = await aRun(server);
  await say(server, run, 0, 'hello\n');
  const out = { bytes: 6, sha256: digest('d'), truncated: true } as const;
  const result = { host, generation: 0, outcome: 'succeeded', rc: 0, out } as const;
  await server.write(run, 'attempt.ended', { step, result });
  const url = `/api/runs/${run}/log?step=greet&host=h1`;
  expect((await server.call('GET', url)).body).toMatchObject({ ended: true, truncated: true });
  expect((await server.call('GET', `/api/runs/${run}/logs`)).body.logs).toMatchObject([{ truncated: true }]);
  expect((await server.call('GET', `${url}&stream=err`)).body).toMatchObject({ truncated: false });
});
