import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type LinkState, passOn } from '../../lab/link.ts';

/** A way over TCP between two parts, which a test can break. It begins open. */
export type Link = AsyncDisposable & {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Nothing passes any more, not even an end; what is on its way arrives after `open`. New connections are taken and stay mute. */
  readonly cut: () => void;
  /** Each way takes so many milliseconds longer. */
  readonly slow: (ms: number) => void;
  /** The connections there are stay mute for ever, and nobody is told; new ones pass: a firewall forgot them, or a peer is gone. */
  readonly forget: () => void;
  /** Connections there are end; new ones are refused. */
  readonly refuse: () => Promise<void>;
  /** Everything passes again, except over what `forget` has forgotten. */
  readonly open: () => Promise<void>;
};

type Pair = { readonly sockets: readonly Socket[]; readonly update: () => void; forgotten: boolean };

export async function openLink(to: { readonly host: string; readonly port: number }): Promise<Link> {
  const pairs = new Set<Pair>();
  let now: LinkState = { cut: false, delayMs: 0 };
  let server = await listen(0, join);
  const { port } = addressOf(server);

  function join(near: Socket): void {
    const far = connect({ ...to, allowHalfOpen: true, noDelay: true });
    const state = () => (pair.forgotten ? { ...now, cut: true } : now);
    const ways = [passOn(near, far, state), passOn(far, near, state)];
    const update = () => {
      for (const way of ways) way.update();
    };
    const pair: Pair = { sockets: [near, far], update, forgotten: false };
    pairs.add(pair);
    near.once('close', () => pairs.delete(pair));
  }

  function change(state: LinkState): void {
    now = state;
    for (const { update } of pairs) update();
  }

  function end(): void {
    for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
  }

  return {
    port,
    cut: () => change({ ...now, cut: true }),
    slow: (delayMs) => change({ ...now, delayMs }),
    forget() {
      for (const pair of pairs) {
        pair.forgotten = true;
        pair.update();
      }
    },
    async refuse() {
      server.close();
      end();
      await once(server, 'close');
    },
    async open() {
      if (!server.listening) server = await listen(port, join);
      change({ cut: false, delayMs: 0 });
    },
    async [Symbol.asyncDispose]() {
      server.close();
      end();
    },
  };
}

async function listen(port: number, join: (near: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, join);
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  return server;
}

function addressOf(server: Server): { readonly port: number } {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address;
}
