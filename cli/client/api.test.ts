import { expect, test } from 'vitest';
import { createApi } from './api.ts';
import { fakeServer, json } from './fakeServer.fixture.ts';

const at = (url: string) => createApi({ url, token: 'hf_t', found: 'as named' });

test('every request carries the token, and queries leave out what is not said', async () => {
  await using server = await fakeServer((_, response) => json(response, 200, { runs: [] }));
  await at(server.url).get('/api/runs', { limit: 1, status: undefined });
  expect(server.asked[0]).toMatchObject({
    url: '/api/runs?limit=1',
    headers: { authorization: 'Bearer hf_t' },
  });
});

test('a problem document becomes an error with its sentence, its mend and an exit code', async () => {
  const problem = {
    type: 'x',
    title: 'Conflict',
    status: 409,
    detail: 'No.',
    code: 'run/refused',
    mend: 'Wait.',
  };
  await using server = await fakeServer((_, response) => json(response, 409, problem));
  await expect(at(server.url).post('/api/runs/r/abort', {})).rejects.toMatchObject({
    exit: 2,
    code: 'run/refused',
    message: 'No.',
    mend: 'Wait.',
  });
});

test('another server’s token is not allowed, and says which data folder to name', async () => {
  await using server = await fakeServer((_, response) => json(response, 401, {}));
  await expect(at(server.url).get('/api/runs')).rejects.toMatchObject({
    exit: 5,
    mend: expect.stringContaining('--data'),
  });
});

test('what is no Holdfast is said to be none', async () => {
  await using server = await fakeServer((_, response) => response.writeHead(404).end('<html>'));
  await expect(at(server.url).get('/api/runs')).rejects.toMatchObject({ code: 'client/no-problem' });
});

test('nobody listening is exit 4 with the command that starts it', async () => {
  let url = '';
  {
    await using gone = await fakeServer(() => {});
    url = gone.url;
  }
  await expect(at(url).get('/api/runs')).rejects.toMatchObject({ exit: 4, mend: 'Start it: holdfast up' });
});

test('a request with a key is sent again under the same key where the connection breaks', async () => {
  let times = 0;
  await using server = await fakeServer((_, response) => {
    times += 1;
    if (times === 1) response.destroy();
    else json(response, 202, { run: 'r-1' });
  });
  const { status } = await at(server.url).post('/api/runs', {}, 'key-1');
  expect(status).toBe(202);
  expect(server.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-1']);
});
