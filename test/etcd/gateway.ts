import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import type { TestLab } from '../../lab/testLab.ts';
import { PASSWORD, type Secured } from './secured.ts';

/** One member's HTTP gateway, as a client of it sees it: behind certificates and logged in where the cluster asks for that. */
export type Gateway = {
  readonly url: string;
  /** Posts to `PATH` of the API, as `kv/put`. @throws where the member does not answer within that time, or refuses. */
  readonly post: (path: string, body: object, withinMs: number) => Promise<unknown>;
};

/** `api`: `v3`, `v3beta` on 3.3. */
export async function gateways(lab: TestLab, api: string, secured: Secured): Promise<readonly Gateway[]> {
  return Promise.all(lab.lab.hosts.map((host) => gatewayOf(lab, host, api, secured)));
}

async function gatewayOf(
  lab: TestLab,
  { name, address }: { readonly name: string; readonly address: string },
  api: string,
  { tls, users }: Secured,
): Promise<Gateway> {
  const file = (called: string) => readFile(join(lab.dir, 'tls', name, called));
  const agent = tls
    ? new https.Agent({
        keepAlive: true,
        ca: await file('ca.crt'),
        cert: await file('gateway.crt'),
        key: await file('gateway.key'),
      })
    : new http.Agent({ keepAlive: true });
  const url = `${tls ? 'https' : 'http'}://${address}:2379/${api}`;
  const send = tls ? https.request : http.request;
  let token: string | undefined;

  async function ask(path: string, body: object, withinMs: number): Promise<unknown> {
    const signal = AbortSignal.timeout(withinMs);
    const headers = token === undefined ? {} : { authorization: token };
    const request = send(`${url}/${path}`, { method: 'POST', agent, headers, signal });
    request.end(JSON.stringify(body));
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    if (answer.statusCode === 200) return json(answer);
    throw new Error(`${url}/${path}: ${answer.statusCode} ${await text(answer)}`);
  }

  return {
    url,
    async post(path, body, withinMs) {
      if (users && token === undefined) token = await login(ask);
      return ask(path, body, withinMs).catch((error: unknown) => {
        // A member forgets its tokens when it starts anew.
        token = undefined;
        throw error;
      });
    },
  };
}

/** A password is compared for a tenth of a second of a processor. */
const LOGIN_MS = 2_000;

async function login(ask: Gateway['post']): Promise<string> {
  const who = { name: 'root', password: PASSWORD };
  const { token } = (await ask('auth/authenticate', who, LOGIN_MS)) as { readonly token: string };
  return token;
}
