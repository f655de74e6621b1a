import { createServer } from 'node:net';

/** Whether somebody could listen there now. */
export function portIsFree(port: number, address = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: address, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The wanted port where it is free, else one that the system picks. */
export async function freePort(wanted?: number, address = '127.0.0.1'): Promise<number> {
  if (wanted !== undefined && (await portIsFree(wanted, address))) return wanted;
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: address }, () => {
      const bound = probe.address();
      probe.close(() => {
        if (bound !== null && typeof bound === 'object') resolve(bound.port);
        else reject(new Error('no port was bound'));
      });
    });
  });
}
