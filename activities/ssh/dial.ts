import { Socket } from 'node:net';
import { dialFailure, dialTimedOut, lost, type Place, silent } from './failures.ts';
import type { SshLimits } from './limits.ts';
import type { SshFailure } from './ssh.ts';

export type Dialled =
  | { readonly ok: true; readonly socket: Socket }
  | { readonly ok: false; readonly failure: SshFailure };

/**
 * A TCP connection to an sshd that has said its first byte. Only then is it worth a turn at the handshake: a host
 * that accepts and stays silent would hold it for nothing.
 */
export function dial(
  place: Place,
  limits: Pick<SshLimits, 'connectWithinMs' | 'handshakeWithinMs'>,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const socket = new Socket();
    let timer = setTimeout(() => fail(dialTimedOut(place, limits.connectWithinMs)), limits.connectWithinMs);
    const onError = (error: Error) => fail(dialFailure(place, error));
    const onEnd = () => fail(lost(place, 'it closed the connection before it said anything'));
    const onConnect = () => {
      clearTimeout(timer);
      timer = setTimeout(
        () => fail(silent(place, 'first', limits.handshakeWithinMs)),
        limits.handshakeWithinMs,
      );
    };
    const onReadable = () => {
      if (socket.readableLength > 0) done({ ok: true, socket });
    };
    function done(dialled: Dialled): void {
      clearTimeout(timer);
      socket.off('connect', onConnect).off('readable', onReadable).off('end', onEnd).off('close', onEnd);
      socket.off('error', onError);
      // Errors between two owners would be nobody's, and end the process.
      socket.on('error', () => undefined);
      resolve(dialled);
    }
    function fail(failure: SshFailure): void {
      done({ ok: false, failure });
      socket.destroy();
    }
    socket.on('connect', onConnect).on('readable', onReadable).on('end', onEnd).on('close', onEnd);
    socket.on('error', onError);
    // At once: without it Nagle's algorithm and delayed acknowledgements turn 8 ms a command into 184.
    socket.setNoDelay(true);
    socket.connect({ host: place.host, port: place.port });
  });
}
