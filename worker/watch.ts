import { once } from 'node:events';
import { connect } from 'node:net';
import type { Logger } from 'pino';
import type { RoundsParts } from '../activities/rounds/context.ts';

/**
 * Tells each step that is taken for a job to the Unix socket at `path`, a line of JSON each, and lets it go on once the
 * line's number has come back: the test harness holds jobs at exact points so, and kills. Where nobody listens, or no
 * longer, everything goes on.
 */
export function watchOver(path: string, log: Logger): NonNullable<RoundsParts['watch']> {
  const socket = connect(path);
  const waiting = new Map<number, () => void>();
  let sent = 0;
  let gone = false;
  const leave = () => {
    gone = true;
    for (const go of waiting.values()) go();
    waiting.clear();
  };
  socket.unref();
  socket.on('error', (error) => log.warn({ path, error: String(error) }, 'nobody watches'));
  socket.on('close', leave);
  const connected = once(socket, 'connect').catch(leave);
  let rest = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const number of lines.map(Number)) {
      waiting.get(number)?.();
      waiting.delete(number);
    }
  });

  return async (job, event) => {
    await connected;
    if (gone) return;
    sent += 1;
    const number = sent;
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.set(number, resolve);
    socket.write(`${JSON.stringify({ number, worker: process.pid, job, event })}\n`);
    await promise;
  };
}
