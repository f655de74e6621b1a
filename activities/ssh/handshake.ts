import type { Duplex } from 'node:stream';
import ssh2, { type AnyAuthMethod, type Client, type ClientErrorExtensions } from 'ssh2';
import { failure, label, lost, noCommonWords, type Place, silent } from './failures.ts';
import type { HostKeyCheck } from './hostKey.ts';
import type { Identities } from './identities.ts';
import { fingerprint, keyType } from './knownHosts.ts';
import type { SshLimits } from './limits.ts';
import type { SshFailure } from './ssh.ts';

/** Logged in; the host's key by type and fingerprint. */
export type Greeted = { readonly client: Client; readonly hostKey: string };

type Greeting = ({ readonly ok: true } & Greeted) | { readonly ok: false; readonly failure: SshFailure };

/** Agrees on keys, verifies the host, and logs in. The stream is closed where that fails. */
export function greet(
  place: Place,
  stream: Duplex,
  hostKey: HostKeyCheck,
  identities: Identities,
  limits: SshLimits,
): Promise<Greeting> {
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    let distrusted: SshFailure | undefined;
    let shown = '';
    let problem: SshFailure | undefined;
    let stage: 'keys' | 'login' = 'keys';
    let timer = setTimeout(late, limits.handshakeWithinMs);

    function late(): void {
      finish(silent(place, stage, stage === 'keys' ? limits.handshakeWithinMs : limits.authenticateWithinMs));
    }
    function finish(failed?: SshFailure): void {
      clearTimeout(timer);
      client.off('handshake', onHandshake).off('close', onClose).off('error', onError);
      // After this the connection's owner listens for its end; an error says nothing that the end doesn't.
      client.on('error', () => undefined);
      if (failed === undefined) {
        resolve({ ok: true, client, hostKey: shown });
        return;
      }
      client.end();
      stream.destroy();
      resolve({ ok: false, failure: failed });
    }
    function onHandshake(): void {
      stage = 'login';
      clearTimeout(timer);
      timer = setTimeout(late, limits.authenticateWithinMs);
    }
    function onError(error: Error & ClientErrorExtensions): void {
      if (distrusted !== undefined) finish(distrusted);
      else if (isLoginRefused(error)) finish(loginRefused(place, identities, error));
      else if (error.level === 'agent' || error.level === 'client-authentication') return;
      else if (error.level === 'handshake') finish(noCommonWords(place, error.message));
      else problem ??= lost(place, `the connection was lost while logging in (${error.message})`);
    }
    function onClose(): void {
      finish(distrusted ?? problem ?? lost(place, 'it closed the connection while logging in'));
    }

    client.on('handshake', onHandshake).on('close', onClose).on('error', onError);
    client.once('ready', () => finish());
    const methods = [...identities.methods];
    try {
      client.connect({
        sock: stream,
        username: place.user,
        readyTimeout: 0,
        keepaliveInterval: limits.keepaliveEveryMs,
        keepaliveCountMax: limits.keepaliveMisses,
        algorithms: { serverHostKey: [...hostKey.algorithms] },
        hostVerifier: (blob: Buffer) => {
          distrusted = hostKey.judge(blob);
          shown = `${keyType(blob)} ${fingerprint(blob.toString('base64'))}`;
          return distrusted === undefined;
        },
        authHandler: (_left, _partial, next) => {
          next(methods.shift() ?? giveUp);
        },
      });
    } catch (error) {
      finish(lost(place, `the handshake could not be started (${String(error)})`));
    }
  });
}

/** ssh2 takes `false` for "no more methods"; its type declarations have forgotten that. */
const giveUp = false as unknown as AnyAuthMethod;

function isLoginRefused(error: Error & ClientErrorExtensions): boolean {
  return /^All configured authentication methods failed|too many authentication failures/i.test(
    error.message,
  );
}

function loginRefused(place: Place, identities: Identities, error: Error): SshFailure {
  const offered = identities.offered();
  const notes = identities.notes.length === 0 ? '' : ` Not offered: ${identities.notes.join('; ')}.`;
  if (offered.length === 0) {
    return failure(
      'auth_refused',
      false,
      `${label(place)}: there was no key to offer.${notes} Start an agent (SSH_AUTH_SOCK), or name a key file as identityFile in the inventory or IdentityFile in the ssh config.`,
    );
  }
  const tooMany = /too many/i.test(error.message)
    ? ' It stopped listening after too many keys: name the right one as identityFile.'
    : '';
  return failure(
    'auth_refused',
    false,
    `${label(place)}: it refused ${offered.join(', ')}.${tooMany}${notes} Put the public key into ~/.ssh/authorized_keys of ${place.user} there, or name another key as identityFile in the inventory.`,
  );
}
