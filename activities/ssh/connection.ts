import type { Client } from 'ssh2';
import { runCommand } from './exec.ts';
import { label, type Place } from './failures.ts';
import { openForward } from './forward.ts';
import type { Greeted } from './handshake.ts';
import type { SshLimits } from './limits.ts';
import { ShellRack } from './shells.ts';
import { Slots } from './slots.ts';
import type { ExecOptions, ExecResult, Forwarded, SshConnection, Streamed } from './ssh.ts';
import { type StreamOptions, streamCommand } from './stream.ts';

/** A logged-in connection that several callers use at once. It closes itself when nobody has used it for a while. */
export class PooledConnection implements SshConnection {
  readonly label: string;
  readonly hostKey: string;
  readonly #client: Client;
  readonly #shells: ShellRack;
  readonly #idle: NodeJS.Timeout;
  #users = 0;
  #open = true;

  constructor(greeted: Greeted, place: Place, limits: SshLimits, onClose: () => void) {
    const { client } = greeted;
    this.label = label(place);
    this.hostKey = greeted.hostKey;
    this.#client = client;
    const sessions = new Slots(limits.sessionsAtOnce, () => this.#shells.giveOneBack());
    this.#shells = new ShellRack({
      client,
      place,
      limits,
      sessions,
      isOpen: () => this.#open,
    });
    this.#idle = setTimeout(() => {
      if (this.#users > 0) this.#idle.refresh();
      else this.close();
    }, limits.idleCloseMs).unref();
    client.once('close', () => {
      this.#open = false;
      clearTimeout(this.#idle);
      onClose();
    });
  }

  get isOpen(): boolean {
    return this.#open;
  }

  exec(command: string, options: ExecOptions = {}): Promise<ExecResult> {
    return this.#used(() => runCommand(this.#shells.carrier, command, options));
  }

  script(text: string, options: Omit<ExecOptions, 'stdin'> = {}): Promise<ExecResult> {
    return this.#used(() => this.#shells.run(text, options));
  }

  async stream(command: string, options: StreamOptions = {}): Promise<Streamed> {
    this.#enter();
    const streamed = await streamCommand(this.#shells.carrier, command, options);
    if (streamed.ok) streamed.out.once('close', () => this.#leave());
    else this.#leave();
    return streamed;
  }

  async forward(address: string, port: number, signal?: AbortSignal): Promise<Forwarded> {
    this.#enter();
    const forwarded = await openForward(this.#shells.carrier, address, port, signal);
    if (forwarded.ok) forwarded.stream.once('close', () => this.#leave());
    else this.#leave();
    return forwarded;
  }

  /** Whoever was handed this connection just now shall have time to use it. */
  touch(): void {
    this.#idle.refresh();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#idle);
    this.#client.end();
  }

  async #used<T>(work: () => Promise<T>): Promise<T> {
    this.#enter();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #enter(): void {
    this.#users += 1;
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#open) this.#idle.refresh();
  }
}
