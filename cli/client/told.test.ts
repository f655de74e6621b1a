import { expect, test } from 'vitest';
import { testIo } from '../io.fixture.ts';
import { createApi } from './api.ts';
import { checked } from './checked.ts';
import { fakeServer } from './fakeServer.fixture.ts';

const apiOf = (url: string) => createApi({ url, token: 't', found: 'as named' });

test('hosts that take their time are told of, and the answer comes as an event', async () => {
  let say = (_: string): void => {};
  await using server = await fakeServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: progress\ndata: {"checked":3,"of":60}\n\n');
    say = (line) => {
      if (line === 'looking at hosts …') response.end('event: checked\ndata: {"hosts":[]}\n\n');
    };
  });
  const talked: string[] = [];
  const io = testIo({
    say: (line) => {
      talked.push(line);
      say(line);
    },
  });
  expect(await checked(apiOf(server.url), io, 'etcd')).toEqual({ hosts: [] });
  expect(talked).toEqual(['looking at hosts …']);
});

test('a server that goes away before it has answered is said', async () => {
  await using server = await fakeServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('event: progress\ndata: {"checked":3,"of":60}\n\n');
  });
  await expect(checked(apiOf(server.url), testIo(), undefined)).rejects.toMatchObject({
    code: 'client/cut-off',
  });
});
