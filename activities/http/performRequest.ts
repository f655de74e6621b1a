import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseExactJson } from '../../plan/expressions/exact-json.ts';
import type { Value } from '../../plan/expressions/values.ts';
import type { ResolvedRequest } from '../../plan/rounds.ts';
import type { SshConnection } from '../ssh/ssh.ts';
import { reach } from './connect.ts';
import { encodeBody } from './encodeBody.ts';
import { explain, type Refusal, shown } from './failures.ts';
import { largestBodyBytes, requestWithinMs } from './limits.ts';
import { readBody } from './readBody.ts';

export type RequestOptions = {
  /** The request leaves from this host, through its SSH connection. Left out: from the worker. */
  readonly via?: SshConnection;
  /** Default `requestWithinMs`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Default `largestBodyBytes`. A larger answer is a failure, never a part of it. */
  readonly maxBytes?: number;
};

/** `sent: false`: nothing of the request can have reached the server. Header names are in lower case. */
export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: { readonly [name: string]: string };
      readonly body: string;
      /** The body as JSON with exact integers, where it is JSON. */
      readonly json?: Value;
    }
  | { readonly ok: false; readonly sent: boolean; readonly transient: boolean; readonly says: string };

/**
 * One request on a connection of its own: never repeated, redirects never followed (a 3xx is an answer like any
 * other), so that what was done is exactly what the record says.
 */
export async function performRequest(
  request: ResolvedRequest,
  options: RequestOptions = {},
): Promise<HttpAnswer> {
  const url = URL.canParse(request.url) ? new URL(request.url) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return {
      ok: false,
      sent: false,
      transient: false,
      says: 'The URL is not one that begins with http:// or https://.',
    };
  }
  const withinMs = options.timeoutMs ?? requestWithinMs;
  const time = AbortSignal.timeout(withinMs);
  const stop = options.signal === undefined ? time : AbortSignal.any([time, options.signal]);
  const refuse = (sent: boolean, refusal: Refusal): HttpAnswer => {
    if (options.signal?.aborted === true) {
      return { ok: false, sent, transient: false, says: `${shown(url)}: stopped waiting, as was asked.` };
    }
    if (time.aborted) {
      const what = sent ? 'no complete answer' : 'no connection';
      const says = `${shown(url)}: ${what} within ${withinMs / 1000} s. Look how the service is doing, or give the step a longer timeout.`;
      return { ok: false, sent, transient: true, says };
    }
    return { ok: false, sent, ...refusal };
  };
  const reached = await reach(url, options.via, stop);
  if (!reached.ok) return refuse(false, reached.refusal);
  try {
    const response = await send(request, url, reached.stream, stop);
    if (!response.ok) return refuse(response.sent, response.refusal);
    const read = await readBody(response.message, options.maxBytes ?? largestBodyBytes, url);
    if (!read.ok) return refuse(true, read.refusal);
    const body = read.bytes.toString('utf8');
    const json = parseExactJson(body);
    const { statusCode = 0, headers } = response.message;
    return {
      ok: true,
      status: statusCode,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
      ),
      body,
      ...(json === undefined ? {} : { json }),
    };
  } finally {
    reached.stream.destroy();
  }
}

type Sent =
  | { readonly ok: true; readonly message: IncomingMessage }
  | { readonly ok: false; readonly sent: boolean; readonly refusal: Refusal };

function send(request: ResolvedRequest, url: URL, stream: Duplex, signal: AbortSignal): Promise<Sent> {
  const body = encodeBody(request.body);
  const headers = headersOf(request, body?.contentType);
  return new Promise((resolve) => {
    try {
      const outgoing = httpRequest({
        method: request.method,
        host: url.hostname,
        path: `${url.pathname}${url.search}`,
        // As the URL says it; through a tunnel the socket knows nothing of the name.
        headers: { host: url.host, ...headers },
        ...(url.username === '' || 'authorization' in headers ? {} : { auth: credentials(url) }),
        // With an agent, `false` too, Node would make a connection of its own.
        createConnection: () => asSocket(stream),
        signal,
      });
      outgoing.once('response', (message) => resolve({ ok: true, message }));
      outgoing.on('error', (error) => resolve({ ok: false, sent: true, refusal: explain(url, error) }));
      outgoing.end(body?.bytes);
    } catch (error) {
      // A method or a header that HTTP does not allow: found before anything is written.
      const says = `${shown(url)}: the request cannot be sent as it is: ${(error as Error).message}. Correct the method or the headers.`;
      resolve({ ok: false, sent: false, refusal: { transient: false, says } });
    }
  });
}

function headersOf(request: ResolvedRequest, contentType: string | undefined): { [name: string]: string } {
  const given = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    'accept-encoding': 'identity',
    'user-agent': 'holdfast',
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    connection: 'close',
    ...Object.fromEntries(given),
  };
}

function credentials(url: URL): string {
  return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
}

/** Node's HTTP client wants a few methods of a TCP socket; a channel through SSH has no use for them. */
function asSocket(stream: Duplex): Duplex {
  const nothing = () => stream;
  for (const name of ['setKeepAlive', 'setNoDelay', 'setTimeout', 'ref', 'unref']) {
    if (!(name in stream)) Object.assign(stream, { [name]: nothing });
  }
  if (!('destroySoon' in stream)) Object.assign(stream, { destroySoon: () => stream.destroy() });
  return stream;
}
