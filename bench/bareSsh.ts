import { readFileSync } from 'node:fs';
import { Client } from 'ssh2';
import { clientKeyOf, type Lab, type LabHost } from '../lab/lab.ts';

/** One connection of ssh2 and nothing else: what is left when everything that makes a step safe is left out. */
export type BareSsh = AsyncDisposable & {
  readonly exec: (command: string, stdin?: string) => Promise<Ended>;
};

export type Ended = { readonly code: number; readonly out: string; readonly err: string };

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
    exec: (command, stdin = '') =>
      new Promise((resolve, reject) => {
        client.exec(command, (error, channel) => {
          if (error) return reject(error);
          let [code, out, err] = [-1, '', ''];
          channel.on('exit', (status: number | null) => {
            code = status ?? -1;
          });
          channel.on('data', (bytes: Buffer) => {
            out += bytes.toString();
          });
          channel.stderr.on('data', (bytes: Buffer) => {
            err += bytes.toString();
          });
          channel.on('close', () => resolve({ code, out, err })).on('error', reject);
          channel.end(stdin);
        });
      }),
    async [Symbol.asyncDispose]() {
      client.end();
    },
  };
}
