import { feed } from './exec.ts';
import { cancelled } from './failures.ts';
import { type Carrier, openSession } from './session.ts';
import type { ExecOptions, Streamed } from './ssh.ts';

export type StreamOptions = Pick<ExecOptions, 'stdin' | 'onErr' | 'signal'>;

/** Starts a command on a channel of its own and hands its output over as it comes. What it says on stderr is dropped where nobody asks for it. */
export async function streamCommand(
  carrier: Carrier,
  command: string,
  { stdin, onErr, signal = new AbortController().signal }: StreamOptions = {},
): Promise<Streamed> {
  const opened = await openSession(carrier, command, { signal, timedOut: () => false });
  if (!opened.ok) return { ok: false, failure: opened.failure };
  const { channel, exit, close } = opened.session;
  if (signal.aborted) {
    close();
    return { ok: false, failure: cancelled(carrier.place) };
  }
  const stop = () => close();
  signal.addEventListener('abort', stop, { once: true });
  if (onErr === undefined) channel.stderr.resume();
  else channel.stderr.on('data', onErr);
  feed(channel, stdin, close);
  const ended = new Promise<number | undefined>((resolve) => {
    channel.once('close', () => {
      signal.removeEventListener('abort', stop);
      close();
      resolve(exit.seen()?.code);
    });
  });
  return { ok: true, out: channel, ended, close };
}
