import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type Asked = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
};
export type Answer = (asked: Asked, response: ServerResponse) => void;

/** A server on loopback that answers as told, and remembers what it was asked. */
export async function fakeServer(answer: Answer) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers };
    asked.push(one);
    request.resume();
    request.on('end', () => answer(one, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
