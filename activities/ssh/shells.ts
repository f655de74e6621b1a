import { randomBytes } from 'node:crypto';
import { Capture } from './capture.ts';
import { deadline } from './deadline.ts';
import { kept, whyStopped } from './exec.ts';
import { lost } from './failures.ts';
import { type Carrier, openSession, type Session } from './session.ts';
import { frame, MarkFinder, opening } from './shellFrame.ts';
import type { ExecOptions, ExecResult } from './ssh.ts';

/** More idle shells than this are of no use: they only hold sessions. */
const idleShells = 2;

/** After a shell has ended: how long its last output may take to arrive. */
const lastWordsMs = 200;

/** The shells that stay open on one connection: as many as are in use at once, and few that wait for the next. */
export class ShellRack {
  readonly carrier: Carrier;
  readonly #idle: Shell[] = [];

  constructor(carrier: Carrier) {
    this.carrier = carrier;
  }

  async run(text: string, options: Omit<ExecOptions, 'stdin'>): Promise<ExecResult> {
    const max = options.maxBytes ?? this.carrier.limits.captureBytes;
    const out = new Capture(max, options.onOut);
    const err = new Capture(max, options.onErr);
    const stop = deadline(options.timeoutMs, options.signal);
    try {
      const shell = this.#takeIdle() ?? (await this.#open(stop));
      if ('ok' in shell) {
        const failed = whyStopped(stop, false, this.carrier.place, options.timeoutMs) ?? shell.failure;
        return { ended: false, sent: false, failure: failed, ...kept(out, err) };
      }
      const code = await shell.run(text, out, err, stop.signal);
      if (code !== undefined) {
        this.#putBack(shell);
        return { ended: true, code, ...kept(out, err) };
      }
      shell.close();
      const failed =
        whyStopped(stop, true, this.carrier.place, options.timeoutMs) ??
        lost(this.carrier.place, 'the shell was lost before the script ended; it may still be running there');
      return { ended: false, sent: true, failure: failed, ...kept(out, err) };
    } finally {
      stop.release();
    }
  }

  /** Somebody waits for a session: an idle shell makes room. */
  giveOneBack(): void {
    this.#idle.pop()?.close();
  }

  #takeIdle(): Shell | undefined {
    for (;;) {
      const shell = this.#idle.pop();
      if (shell === undefined || shell.alive) return shell;
      shell.close();
    }
  }

  #putBack(shell: Shell): void {
    if (!shell.alive || this.#idle.length >= idleShells || this.carrier.sessions.waiting > 0) shell.close();
    else this.#idle.push(shell);
  }

  async #open(stop: ReturnType<typeof deadline>) {
    // Whatever the login shell is (fish, csh), it understands these two words.
    const opened = await openSession(this.carrier, 'exec sh', {
      signal: stop.signal,
      timedOut: () => stop.why() === 'time',
    });
    return opened.ok ? new Shell(opened.session) : opened;
  }
}

/** One `sh` on a channel. Runs one script at a time. */
class Shell {
  readonly #session: Session;
  #alive = true;
  #greeted = false;
  /** Ends the waiting of the script that runs. */
  #ended: () => void = () => undefined;

  constructor(session: Session) {
    this.#session = session;
    const { channel } = session;
    const dead = () => {
      this.#alive = false;
    };
    session.exit.whenSeen(() => {
      dead();
      // Its script may live on and hold the pipes; what it wrote until now is on its way.
      setTimeout(() => this.#ended(), lastWordsMs);
    });
    channel.once('close', dead).once('error', dead);
    // A channel whose streams nobody reads never says that it has closed.
    channel.resume();
    channel.stderr.resume();
  }

  get alive(): boolean {
    return this.#alive;
  }

  close(): void {
    this.#alive = false;
    this.#session.close();
  }

  /** The script's exit status; undefined where the shell ended, or the signal fired, before it came. */
  async run(text: string, out: Capture, err: Capture, signal: AbortSignal): Promise<number | undefined> {
    const nonce = randomBytes(16).toString('hex');
    const discard = () => undefined;
    if (!this.#greeted) {
      const greeting = this.#until(nonce, discard, discard, signal);
      this.#session.channel.write(opening(nonce));
      if ((await greeting) === undefined) return undefined;
      this.#greeted = true;
    }
    const mark = randomBytes(16).toString('hex');
    const status = this.#until(
      mark,
      (bytes) => out.push(bytes),
      (bytes) => err.push(bytes),
      signal,
    );
    this.#session.channel.write(frame(text, mark));
    const line = await status;
    const found = line === undefined ? null : /^:(\d{1,3})$/.exec(line);
    return found === null ? undefined : Number(found[1]);
  }

  #until(
    mark: string,
    passOut: (bytes: Uint8Array) => void,
    passErr: (bytes: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { channel } = this.#session;
    return new Promise((resolve) => {
      const out = new MarkFinder(mark, passOut);
      const err = new MarkFinder(mark, passErr);
      let status: string | undefined;
      let errDone = false;
      const finish = (result: string | undefined) => {
        channel.off('data', onOut).off('close', onGone).off('error', onGone);
        channel.stderr.off('data', onErr);
        signal.removeEventListener('abort', onGone);
        if (result === undefined) {
          if (status === undefined) out.flush();
          if (!errDone) err.flush();
        }
        channel.resume();
        channel.stderr.resume();
        resolve(result);
      };
      const onOut = (bytes: Buffer) => {
        status ??= out.push(bytes);
        if (status !== undefined && errDone) finish(status);
      };
      const onErr = (bytes: Buffer) => {
        if (!errDone) errDone = err.push(bytes) !== undefined;
        if (status !== undefined && errDone) finish(status);
      };
      const onGone = () => finish(undefined);
      this.#ended = onGone;
      channel.on('data', onOut).on('close', onGone).on('error', onGone);
      channel.stderr.on('data', onErr);
      signal.addEventListener('abort', onGone, { once: true });
      if (signal.aborted || !this.#alive) onGone();
    });
  }
}
