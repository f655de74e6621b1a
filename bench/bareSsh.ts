import { readFileSync } from 'node:fs';
import { Client } from 'ssh2';
import { clientKeyOf, type Lab, type LabHost } from '../lab/lab.ts';

/** One connection of ssh2 and nothing else: what is left when everything that makes a step safe is left out. */
export type BareSsh = AsyncDisposable & {
  /** The exit status. */
  readonly exec: (command: string) => Promise<number>;
};

export async function bareSsh(lab: Lab, host: LabHost): Promise<BareSsh> {
  const client = new Client();
  client.on('connect', () => client.setNoDelay(true));
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve).once('error', reject);
    client.connect({
      host: host.address,
      port: host.port,
      username: lab.user,
      privateKey: readFileSync(clientKeyOf(lab)),
      // The same work as a real check: the host's signature is verified all the same.
      hostVerifier: () => true,
      readyTimeout: 60_000,
    });
  });
  return {
    exec: (command) =>
      new Promise((resolve, reject) => {
        client.exec(command, (error, channel) => {
          if (error) return reject(error);
          channel.on('exit', (code: number | null) => resolve(code ?? -1)).on('error', reject);
          channel.resume().stderr.resume();
        });
      }),
    async [Symbol.asyncDispose]() {
      client.end();
    },
  };
}
