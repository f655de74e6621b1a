import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import type { Watched } from '../../activities/jobs/watch.ts';
import type { WatchedJob } from '../../activities/rounds/watching.ts';

/** One thing that a worker told of a job, the end of that worker, or what we did to hosts, in the order in which they came. */
export type Told =
  | { readonly worker: number; readonly job: WatchedJob; readonly event: Watched }
  | { readonly worker: number; readonly gone: true }
  | { readonly hosts: readonly string[]; readonly strikes: boolean; readonly what: 'supervisor' | 'host' };

/** Called before a worker may go on: it goes on when this resolves. */
export type Holder = (told: {
  readonly job: WatchedJob;
  readonly event: Watched;
}) => Promise<void> | undefined;

/** Listens to workers (HOLDFAST_WATCH), and holds them where it is told to. */
export type Watcher = AsyncDisposable & {
  readonly path: string;
  /** Everything since the last call of this. */
  readonly take: () => readonly Told[];
  readonly note: (mark: Extract<Told, { strikes: boolean }>) => void;
  readonly holdWith: (holder: Holder | undefined) => void;
};

export async function watchWorkers(path: string): Promise<Watcher> {
  let told: Told[] = [];
  let holder: Holder | undefined;
  const sockets = new Set<Socket>();

  function listen(socket: Socket): void {
    let worker = 0;
    let rest = '';
    sockets.add(socket);
    socket.setEncoding('utf8').on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const said = JSON.parse(line) as { number: number; worker: number; job: WatchedJob; event: Watched };
        worker = said.worker;
        const { job, event } = said;
        told.push({ worker, job, event });
        void letGo(socket, said.number, holder?.({ job, event }));
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      told.push({ worker, gone: true });
    });
  }

  async function letGo(socket: Socket, number: number, held: Promise<void> | undefined): Promise<void> {
    await held;
    if (socket.writable) socket.write(`${number}\n`);
  }

  const server = createServer(listen).listen(path);
  await once(server, 'listening');
  return {
    path,
    take() {
      const taken = told;
      told = [];
      return taken;
    },
    note(mark) {
      told.push(mark);
    },
    holdWith(next) {
      holder = next;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(path, { force: true });
    },
  };
}
