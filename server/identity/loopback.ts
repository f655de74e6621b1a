import { isIPv4 } from 'node:net';
import { HoldfastError } from '../../plan/errors.ts';

/** With one owner and no sign-in only this machine may connect. Throws `server/not-loopback` for any other address. */
export function requireLoopback(address: string): void {
  const loopback =
    address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
  if (loopback) return;
  throw new HoldfastError(
    'server/not-loopback',
    `Holdfast will not listen on ${address}: without sign-in anyone on the network could command your hosts.`,
    'Listen on 127.0.0.1 and reach it from elsewhere through `ssh -L`.',
  );
}
