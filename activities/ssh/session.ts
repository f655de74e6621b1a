import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientChannel } from 'ssh2';
import { cancelled, lost, neverStarted, type Place } from './failures.ts';
import type { SshLimits } from './limits.ts';
import { type ExitWatch, openExec } from './openChannel.ts';
import type { Slots } from './slots.ts';
import type { SshFailure } from './ssh.ts';

/** What a command needs of the connection that it runs on. */
export type Carrier = {
  readonly client: Client;
  readonly place: Place;
  readonly limits: SshLimits;
  readonly sessions: Slots;
  isOpen(): boolean;
};

export type Session = {
  readonly channel: ClientChannel;
  readonly exit: ExitWatch;
  readonly close: () => void;
};

export type OpenedSession =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly sent: boolean; readonly failure: SshFailure };

/**
 * Waits for its turn on the connection and starts a command. A server that allows fewer sessions than expected is
 * believed: the command waits until another one has ended. `session.close` gives the turn back, once.
 */
export async function openSession(
  carrier: Carrier,
  command: string,
  stop: { readonly signal: AbortSignal; readonly timedOut: () => boolean },
): Promise<OpenedSession> {
  const { client, place, limits, sessions } = carrier;
  const began = performance.now();
  const pauses = [5, 20, 50, 100, 200, 400];
  for (;;) {
    if (!(await sessions.take(stop.signal))) {
      const failed = stop.timedOut() ? neverStarted(place, performance.now() - began) : cancelled(place);
      return { ok: false, sent: false, failure: failed };
    }
    if (!carrier.isOpen()) {
      sessions.give();
      return { ok: false, sent: false, failure: lost(place, 'the connection was lost') };
    }
    const opened = await openExec(client, command, place, limits.openChannelWithinMs, stop.signal);
    if (opened.ok) {
      let held = true;
      const close = () => {
        if (!held) return;
        held = false;
        opened.channel.close();
        sessions.give();
      };
      return { ok: true, session: { channel: opened.channel, exit: opened.exit, close } };
    }
    if (opened.full === true && sessions.held > 1) {
      sessions.lower(sessions.held - 1);
      sessions.give();
      continue;
    }
    // sshd may count a session for a moment after it has closed its channel.
    const pause = opened.full === true ? pauses.shift() : undefined;
    if (pause !== undefined) await sleep(pause);
    sessions.give();
    if (pause === undefined) return opened;
  }
}
