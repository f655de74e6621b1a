import { Agent, request } from 'undici';
import { HoldfastError } from '../../plan/errors.ts';

export type Sent = {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly type: 'application/json' | 'application/octet-stream';
  readonly body: string | Uint8Array;
};
export type Received = { readonly status: number; readonly body: Uint8Array };

/** One request and its answer, whatever it says. Throws `ledger/unreachable` where none came: it may have been carried out. */
export type Transport = {
  readonly send: (sent: Sent) => Promise<Received>;
  readonly close: () => Promise<void>;
};

/**
 * A server that has nothing to say for so long is away. Longer than the store waits for its file's lock would hold up the
 * activity, which is tried again anyhow.
 */
const ANSWER_MS = 10_000;
const CONNECT_MS = 4_000;

/** Requests over connections that stay open. `ca`: the certificate (PEM) that vouches for the server's. */
export function httpTransport(server: {
  readonly url: string;
  readonly token: string;
  readonly ca?: string;
}): Transport {
  const base = server.url.replace(/\/+$/, '');
  const agent = new Agent({
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    connect: {
      timeout: CONNECT_MS,
      ...(server.ca === undefined ? {} : { ca: server.ca }),
    },
  });
  return {
    async send({ path, query = {}, type, body }) {
      try {
        const answer = await request(`${base}${path}`, {
          method: 'POST',
          dispatcher: agent,
          query: { ...query },
          headers: { authorization: `Bearer ${server.token}`, 'content-type': type },
          body,
        });
        return { status: answer.statusCode, body: new Uint8Array(await answer.body.arrayBuffer()) };
      } catch (cause) {
        throw unreachable(base, cause);
      }
    },
    close: () => agent.destroy(),
  };
}

function unreachable(url: string, cause: unknown): HoldfastError {
  const says = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new HoldfastError(
    'ledger/unreachable',
    `The server at ${url} did not answer (${says}).`,
    'Nothing: what was to be recorded is sent again until the server is there.',
    { cause },
  );
}
