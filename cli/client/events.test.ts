import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { createApi } from './api.ts';
import { patiently, runEvents } from './events.ts';
import { fakeServer, json } from './fakeServer.fixture.ts';

function send(response: ServerResponse, ...seqs: readonly number[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const seq of seqs) {
    response.write(`id: ${seq}\nevent: entry\ndata: ${JSON.stringify({ seq, kind: 'step.started' })}\n\n`);
  }
}

async function gather(
  url: string,
  after = 0,
  silentMs = 5_000,
): Promise<{ seqs: number[]; states: string[] }> {
  const api = createApi({ url, token: 't', found: 'as named' });
  const seqs: number[] = [];
  const states: string[] = [];
  const following = {
    signal: new AbortController().signal,
    silentMs,
    connection: (state: 'lost' | 'back') => void states.push(state),
  };
  for await (const { seq } of runEvents(api, 'r-1', after, following)) seqs.push(seq);
  return { seqs, states };
}

test('a stream that breaks goes on after the last entry, without gap or repeat', async () => {
  await using server = await fakeServer((asked, response) => {
    const last = Number(asked.headers['last-event-id']);
    if (last === 0) {
      send(response, 1, 2);
      setTimeout(() => response.destroy(), 20);
      return;
    }
    // Says one again that was said before.
    send(response, 2, 3, 5);
    response.end('event: end\ndata: {}\n\n');
  });
  expect(await gather(server.url)).toEqual({ seqs: [1, 2, 3, 5], states: ['lost', 'back'] });
  expect(server.asked.map(({ headers }) => headers['last-event-id'])).toEqual(['0', '2']);
});

test('an end without new entries ends following', async () => {
  await using server = await fakeServer((_, response) => {
    send(response);
    response.end('event: end\ndata: {}\n\n');
  });
  expect((await gather(server.url, 7)).seqs).toEqual([]);
});

test('a refusal is not tried again', async () => {
  await using server = await fakeServer((_, response) => json(response, 401, {}));
  await expect(gather(server.url)).rejects.toMatchObject({ exit: 5 });
  expect(server.asked).toHaveLength(1);
});

test('a connection that only looks open is given up, and what was missed comes over a new one', async () => {
  await using server = await fakeServer((asked, response) => {
    if (asked.headers['last-event-id'] === '0') return send(response, 1, 2);
    send(response, 3);
    response.end('event: end\ndata: {}\n\n');
  });
  const { seqs, states } = await gather(server.url, 0, 400);
  expect(seqs).toEqual([1, 2, 3]);
  expect(states.slice(0, 2)).toEqual(['lost', 'back']);
});

test('signs of life keep a quiet connection', async () => {
  await using server = await fakeServer((_, response) => {
    send(response, 1);
    let signs = 0;
    const timer = setInterval(() => {
      signs += 1;
      if (signs < 26) return void response.write(': heartbeat\n\n');
      clearInterval(timer);
      response.end('event: end\ndata: {}\n\n');
    }, 50);
  });
  expect(await gather(server.url, 0, 1_000)).toEqual({ seqs: [1], states: [] });
});

test('a question is asked again until the server is back, and a refusal is not', async () => {
  await using server = await fakeServer((_, response) => {
    if (server.asked.length < 3) return void response.destroy();
    json(response, server.asked.length === 3 ? 200 : 404, { detail: 'no such run', mend: 'look', code: 'x' });
  });
  const api = createApi({ url: server.url, token: 't', found: 'as named' });
  const following = { signal: new AbortController().signal };
  expect(await patiently(() => api.get('/api/runs'), following)).toMatchObject({ code: 'x' });
  await expect(patiently(() => api.get('/api/runs/r'), following)).rejects.toMatchObject({ exit: 2 });
});
