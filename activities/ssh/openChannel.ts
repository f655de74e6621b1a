import { constants } from 'node:os';
import type { Client, ClientChannel } from 'ssh2';
import { cancelled, lost, neverStarted, noChannel, type Place } from './failures.ts';
import type { SshFailure } from './ssh.ts';

/**
 * `sent`: the request to run the command was written, whatever came of it. `full`: the server allows no more
 * sessions on this connection now.
 */
export type OpenedExec =
  | { readonly ok: true; readonly channel: ClientChannel; readonly exit: ExitWatch }
  | { readonly ok: false; readonly sent: boolean; readonly failure: SshFailure; readonly full?: true };

/** How the command ended, once the host has said so. */
export type ExitWatch = {
  seen(): Exit | undefined;
  /** Calls back as soon as it is known: at once if it is. */
  whenSeen(told: () => void): void;
};
export type Exit = { readonly code: number; readonly signal?: string };

/** Starts a command on a new channel. Gives up after `withinMs`, or when `signal` fires. */
export function openExec(
  client: Client,
  command: string,
  place: Place,
  withinMs: number,
  signal?: AbortSignal,
): Promise<OpenedExec> {
  return new Promise((resolve) => {
    let sent = false;
    let over = false;
    const timer = setTimeout(() => {
      const failed = sent
        ? noChannel(place, 'the host did not say whether it started the command.', true)
        : neverStarted(place, withinMs);
      finish({ ok: false, sent, failure: failed });
    }, withinMs);
    const onAbort = () => finish({ ok: false, sent, failure: cancelled(place) });
    function finish(opened: OpenedExec): void {
      if (over) return;
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(opened);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    // ssh2 reads `env` when the channel is open and writes the request right after: the one moment that tells
    // "never sent" from "perhaps started", as its callback answers both with the same error. When nobody waits any
    // longer, the command is blanked, so that what was said to be unsent stays so.
    const bytes = Buffer.from(command);
    const options = {
      get env() {
        if (over) bytes.fill(' ');
        else sent = true;
        return {};
      },
    };
    try {
      client.exec(asCommand(bytes), options, (error, channel) => {
        if (error === undefined || error === null) {
          if (over) channel.close();
          else finish({ ok: true, channel, exit: watchExit(channel) });
          return;
        }
        finish({ ok: false, sent, ...refusal(place, sent, error) });
      });
    } catch {
      finish({ ok: false, sent: false, failure: lost(place, 'the connection is closed') });
    }
  });
}

/**
 * Has to begin in ssh2's own callback: a quick command's exit status comes in the same packet as the word that it
 * was started, and an event that nobody listens for yet is gone.
 */
function watchExit(channel: ClientChannel): ExitWatch {
  let exit: Exit | undefined;
  const told: (() => void)[] = [];
  channel.once('exit', (code: number | null, signal?: string) => {
    exit = readExit(code, signal);
    for (const tell of told) tell();
  });
  return {
    seen: () => exit,
    whenSeen: (tell) => {
      if (exit === undefined) told.push(tell);
      else tell();
    },
  };
}

/** A shell's way of writing a signal as a status: 128 and its number. */
function readExit(code: number | null, signal: string | undefined): Exit {
  if (code !== null) return { code };
  const numbers: { readonly [name: string]: number } = constants.signals;
  const name = signal ?? 'SIGKILL';
  return { code: 128 + (numbers[name] ?? 0), signal: name };
}

/** ssh2 takes a command as bytes too; its type declarations don't say so. */
function asCommand(bytes: Buffer): string {
  return bytes as unknown as string;
}

function refusal(
  place: Place,
  sent: boolean,
  error: Error,
): { readonly failure: SshFailure; readonly full?: true } {
  if (sent) return { failure: lost(place, 'the connection was lost while the command was being started') };
  const reason = (error as Error & { readonly reason?: unknown }).reason;
  if (typeof reason !== 'number') {
    return { failure: lost(place, 'the connection was lost before the command was sent') };
  }
  return {
    full: true,
    failure: noChannel(
      place,
      `it allows no session on this connection (${error.message.replace(/^\(SSH\) /, '')}). Look at MaxSessions in its sshd_config.`,
      false,
    ),
  };
}
