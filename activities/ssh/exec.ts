import type { Writable } from 'node:stream';
import { Capture } from './capture.ts';
import { type Deadline, deadline } from './deadline.ts';
import { cancelled, commandTimedOut, lost, neverStarted, type Place } from './failures.ts';
import type { Exit } from './openChannel.ts';
import { type Carrier, openSession, type Session } from './session.ts';
import type { ExecOptions, ExecResult, SshFailure } from './ssh.ts';

/** One command on a channel of its own. `timeoutMs` counts from the call, waiting for a turn included. */
export async function runCommand(
  carrier: Carrier,
  command: string,
  options: ExecOptions,
): Promise<ExecResult> {
  const max = options.maxBytes ?? carrier.limits.captureBytes;
  const out = new Capture(max, options.onOut);
  const err = new Capture(max, options.onErr);
  const stop = deadline(options.timeoutMs, options.signal);
  try {
    const opened = await openSession(carrier, command, {
      signal: stop.signal,
      timedOut: () => stop.why() === 'time',
    });
    if (!opened.ok) {
      const failed = whyStopped(stop, opened.sent, carrier.place, options.timeoutMs) ?? opened.failure;
      return { ended: false, sent: opened.sent, failure: failed, ...kept(out, err) };
    }
    const end = await untilClosed(opened.session, options.stdin, out, err, stop, carrier.limits.afterExitMs);
    if (end !== undefined) return { ended: true, ...end, ...kept(out, err) };
    const failed =
      whyStopped(stop, true, carrier.place, options.timeoutMs) ??
      lost(carrier.place, 'the connection was lost before the command ended; it may still be running there');
    return { ended: false, sent: true, failure: failed, ...kept(out, err) };
  } finally {
    stop.release();
  }
}

export function whyStopped(
  stop: Deadline,
  sent: boolean,
  place: Place,
  timeoutMs: number | undefined,
): SshFailure | undefined {
  switch (stop.why()) {
    case undefined:
      return undefined;
    case 'asked':
      return cancelled(place);
    case 'time':
      return sent ? commandTimedOut(place, timeoutMs ?? 0) : neverStarted(place, timeoutMs ?? 0);
  }
}

export function kept(out: Capture, err: Capture) {
  const both = { out: out.bytes(), err: err.bytes() };
  return out.cut || err.cut ? { ...both, cut: true as const } : both;
}

/** Undefined: the exit status never came. */
function untilClosed(
  session: Session,
  stdin: ExecOptions['stdin'],
  out: Capture,
  err: Capture,
  stop: Deadline,
  afterExitMs: number,
): Promise<Exit | undefined> {
  const { channel } = session;
  return new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    const finish = () => {
      clearTimeout(patience);
      stop.signal.removeEventListener('abort', finish);
      channel.removeAllListeners('data');
      channel.stderr.removeAllListeners('data');
      // What still arrives must be read, or the channel never closes.
      channel.resume();
      channel.stderr.resume();
      session.close();
      resolve(session.exit.seen());
    };
    channel.on('data', (bytes: Buffer) => {
      out.push(bytes);
      patience?.refresh();
    });
    channel.stderr.on('data', (bytes: Buffer) => {
      err.push(bytes);
      patience?.refresh();
    });
    session.exit.whenSeen(() => {
      // Something left behind on the host may hold the pipes open for ever.
      patience = setTimeout(finish, afterExitMs);
    });
    // Once per stream; the channel's end may come before that of stderr.
    let open = 2;
    const closed = () => {
      open -= 1;
      if (open === 0) finish();
    };
    channel.once('close', closed);
    channel.stderr.once('close', closed);
    channel.on('error', finish);
    stop.signal.addEventListener('abort', finish, { once: true });
    if (stop.signal.aborted) finish();
    else feed(channel, stdin, finish);
  });
}

/** Writes what a command reads, to its end. */
export function feed(channel: Writable, stdin: ExecOptions['stdin'], failed: () => void): void {
  if (stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array) {
    channel.end(stdin);
    return;
  }
  channel.write(stdin.first);
  stdin.rest.once('error', failed);
  // A command that ends before it has read all of it: nobody takes the rest.
  channel.once('close', () => stdin.rest.destroy());
  stdin.rest.pipe(channel);
}
