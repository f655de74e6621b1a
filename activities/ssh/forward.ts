import type { Duplex } from 'node:stream';
import { cancelled, failure, label, lost, noChannel } from './failures.ts';
import type { Carrier } from './session.ts';
import type { Forwarded } from './ssh.ts';

/** RFC 4254, 5.1. */
const administrativelyProhibited = 1;
const connectFailed = 2;

export function openForward(
  carrier: Carrier,
  address: string,
  port: number,
  signal?: AbortSignal,
): Promise<Forwarded> {
  const { client, place, limits } = carrier;
  return new Promise((resolve) => {
    let over = false;
    const finish = (forwarded: Forwarded) => {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(forwarded);
    };
    const onAbort = () => finish({ ok: false, failure: cancelled(place) });
    const timer = setTimeout(() => {
      const says = `it did not connect to ${address}:${port} within ${limits.openChannelWithinMs / 1000} s. Look whether the host can reach that.`;
      finish({ ok: false, failure: noChannel(place, says, true) });
    }, limits.openChannelWithinMs);
    if (signal?.aborted === true) {
      onAbort();
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
        if (over) {
          channel?.destroy();
          return;
        }
        const stream: Duplex | undefined = channel;
        if (error === undefined || error === null) finish({ ok: true, stream });
        else finish({ ok: false, failure: refusal(error) });
      });
    } catch {
      finish({ ok: false, failure: lost(place, 'the connection is closed') });
    }
  });

  function refusal(error: Error) {
    switch ((error as Error & { readonly reason?: unknown }).reason) {
      case connectFailed:
        return failure(
          'refused',
          true,
          `${label(place)}: from there, ${address}:${port} could not be reached (${error.message.replace(/^\(SSH\) Channel open failure: /, '')}). Look whether something listens on it.`,
        );
      case administrativelyProhibited:
        return noChannel(
          place,
          `its sshd forbids forwarding to ${address}:${port}. Look at AllowTcpForwarding and PermitOpen in its sshd_config.`,
          false,
        );
      default:
        return lost(place, `the connection was lost while reaching ${address}:${port}`);
    }
  }
}
