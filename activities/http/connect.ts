import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { SshConnection } from '../ssh/ssh.ts';
import { explain, type Refusal } from './failures.ts';

export type Reached =
  | { readonly ok: true; readonly stream: Duplex }
  | { readonly ok: false; readonly refusal: Refusal };

/** A stream to the server, by TLS where the URL says so: from here, or from a host's side through its SSH connection. */
export async function reach(url: URL, via: SshConnection | undefined, signal: AbortSignal): Promise<Reached> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  const reached =
    via === undefined
      ? await open(url, connectTcp({ host, port, noDelay: true }), 'connect', signal)
      : await forwarded(via, host, port, signal);
  if (!reached.ok || url.protocol !== 'https:') return reached;
  const secure = connectTls({
    socket: reached.stream,
    host,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  return open(url, secure, 'secureConnect', signal);
}

async function forwarded(
  via: SshConnection,
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<Reached> {
  const forward = await via.forward(host, port, signal);
  if (forward.ok) return forward;
  return { ok: false, refusal: { transient: forward.failure.transient, says: forward.failure.says } };
}

function open(url: URL, stream: Duplex, ready: string, signal: AbortSignal): Promise<Reached> {
  return new Promise((resolve) => {
    const done = (reached: Reached) => {
      stream.off(ready, onReady).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      if (!reached.ok) {
        stream.on('error', () => undefined);
        stream.destroy();
      }
      resolve(reached);
    };
    const onReady = () => done({ ok: true, stream });
    const onError = (error: Error) => done({ ok: false, refusal: explain(url, error) });
    const onClose = () => done({ ok: false, refusal: explain(url, new Error('the connection was closed')) });
    const onAbort = () => done({ ok: false, refusal: explain(url, new Error('no connection in time')) });
    stream.once(ready, onReady).once('error', onError).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
