import type { SshFailure } from './ssh.ts';

/** Whom a sentence is about: `etcd00 (root@10.0.0.1:22)`, with the jump host where there is one. */
export type Place = {
  readonly name: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly through?: string;
};

export function label(place: Place): string {
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  const through = place.through === undefined ? '' : ` through ${place.through}`;
  return `${place.name} (${place.user}@${host}:${place.port}${through})`;
}

/** What went wrong before a TCP connection stood. `error` is Node's, with its code. */
export function dialFailure(place: Place, error: NodeJS.ErrnoException): SshFailure {
  const who = label(place);
  switch (error.code) {
    case 'ECONNREFUSED':
      return failure(
        'refused',
        true,
        `${who}: nothing listens there: the connection was refused. Look whether sshd runs on the host and whether the address and port are right.`,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return failure(
        'refused',
        true,
        `${who}: there is no route to it (${error.code}). Look at the network between this worker and the host.`,
      );
    case 'ENOTFOUND':
      return failure(
        'unresolved',
        false,
        `${who}: the name ${place.host} is not known here. Correct the address in the inventory, or give it a HostName in the ssh config.`,
      );
    case 'EAI_AGAIN':
      return failure(
        'unresolved',
        true,
        `${who}: the name ${place.host} could not be looked up, as the name server did not answer. Look at this worker's DNS.`,
      );
    case 'ETIMEDOUT':
      return failure('timed_out', true, `${who}: the connection was not answered. ${unanswered}`);
    case 'ECONNRESET':
    case 'EPIPE':
      return lost(place, 'it closed the connection while it was being made');
    default:
      return failure('lost', true, `${who}: the connection could not be made: ${error.message}.`);
  }
}

export function dialTimedOut(place: Place, afterMs: number): SshFailure {
  return failure('timed_out', true, `${label(place)}: no answer within ${seconds(afterMs)}. ${unanswered}`);
}

export function silent(place: Place, stage: 'first' | 'keys' | 'login', afterMs: number): SshFailure {
  const what = {
    first: 'something listens there but said nothing',
    keys: 'the SSH handshake was not finished',
    login: 'the login was not answered',
  }[stage];
  return failure(
    'timed_out',
    true,
    `${label(place)}: ${what} within ${seconds(afterMs)}. Look whether it is an sshd, and how loaded the host is.`,
  );
}

export function lost(place: Place, how: string): SshFailure {
  return failure('lost', true, `${label(place)}: ${how}. Look whether the host and its sshd are up.`);
}

export function noCommonWords(place: Place, detail: string): SshFailure {
  return failure(
    'lost',
    false,
    `${label(place)}: no SSH session can be agreed with this server: ${detail}. Allow one of the current algorithms in its sshd_config.`,
  );
}

export function cancelled(place: Place): SshFailure {
  return failure('cancelled', false, `${label(place)}: stopped waiting, as was asked.`);
}

export function commandTimedOut(place: Place, afterMs: number): SshFailure {
  return failure(
    'timed_out',
    true,
    `${label(place)}: the command had not ended after ${seconds(afterMs)}; it may still be running there.`,
  );
}

export function neverStarted(place: Place, afterMs: number): SshFailure {
  return failure(
    'no_channel',
    true,
    `${label(place)}: the command could not be started within ${seconds(afterMs)}, as others hold all sessions of the connection or the host did not answer. Nothing was sent.`,
  );
}

export function noChannel(place: Place, detail: string, transient: boolean): SshFailure {
  return failure('no_channel', transient, `${label(place)}: ${detail}`);
}

export function failure(kind: SshFailure['kind'], transient: boolean, says: string): SshFailure {
  return { kind, transient, says };
}

const unanswered =
  'Look whether the host is up and whether a firewall lets this worker reach the port (a name in Host/HostName of the ssh config may also point elsewhere).';

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}
