import { createServer } from 'node:net';
import { HoldfastError } from '../plan/errors.ts';

/** An address of the loopback range that no lab gives to a host: what is taken here is taken on all addresses at once. */
const NOBODYS_ADDRESS = '127.81.255.254';
const SSH_PORT = 22;
const HIGH_SSH_PORT = 2222;
/** Client, peer and the second client port of the written procedure. */
const ETCD_PORTS = [2379, 2380, 4001];

type Trial = 'free' | 'taken' | 'forbidden' | 'no such address';

/**
 * The port for sshd at these addresses: 22, or 2222 where 22 is kept for root or something listens on it on every address.
 *
 * @throws HoldfastError `lab_address_taken`, `lab_address_absent`
 */
export async function choosePort(addresses: readonly string[]): Promise<number> {
  const port = (await tryListen(NOBODYS_ADDRESS, SSH_PORT)) === 'free' ? SSH_PORT : HIGH_SSH_PORT;
  await requireFree(addresses, [port]);
  return port;
}

/** @throws HoldfastError `lab_address_taken`, `lab_address_absent` */
export async function requireEtcdPorts(addresses: readonly string[]): Promise<void> {
  await requireFree(addresses, ETCD_PORTS);
}

async function requireFree(addresses: readonly string[], ports: readonly number[]): Promise<void> {
  for (const address of addresses) {
    for (const port of ports) {
      const trial = await tryListen(address, port);
      if (trial === 'free') continue;
      if (trial === 'no such address') {
        throw new HoldfastError(
          'lab_address_absent',
          `This machine has no address ${address}.`,
          'The lab needs the whole of 127.0.0.0/8 on loopback, as Linux has it.',
        );
      }
      throw new HoldfastError(
        'lab_address_taken',
        `Something else listens on ${address}:${port}.`,
        'Is another lab up? Take it down (holdfast lab down --dir …) or give this one other addresses.',
      );
    }
  }
}

async function tryListen(address: string, port: number): Promise<Trial> {
  const { promise, resolve } = Promise.withResolvers<Trial>();
  const server = createServer();
  server.once('error', (error: NodeJS.ErrnoException) => resolve(trialOf(error.code)));
  server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve('free')));
  return promise;
}

function trialOf(code: string | undefined): Trial {
  if (code === 'EADDRNOTAVAIL') return 'no such address';
  return code === 'EACCES' ? 'forbidden' : 'taken';
}
