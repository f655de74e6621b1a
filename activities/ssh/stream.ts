import { cancelled } from './failures.ts';
import { type Carrier, openSession } from './session.ts';
import type { Streamed } from './ssh.ts';

/** Starts a command on a channel of its own and hands its output over as it comes. What it says on stderr is dropped. */
export async function streamCommand(
  carrier: Carrier,
  command: string,
  signal: AbortSignal = new AbortController().signal,
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
  channel.stderr.resume();
  channel.end();
  const ended = new Promise<number | undefined>((resolve) => {
    channel.once('close', () => {
      signal.removeEventListener('abort', stop);
      close();
      resolve(exit.seen()?.code);
    });
  });
  return { ok: true, out: channel, ended, close };
}
