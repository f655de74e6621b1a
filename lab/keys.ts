import { access, readFile } from 'node:fs/promises';
import { HoldfastError } from '../plan/errors.ts';
import { runCommand } from '../toolbox/command.ts';

/** Makes an Ed25519 key pair without a passphrase unless it is there; returns the public key as `type base64`. */
export async function ensureKey(keygen: string, path: string, comment: string): Promise<string> {
  const there = await access(`${path}.pub`).then(
    () => true,
    () => false,
  );
  if (!there) {
    const made = await runCommand(keygen, ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);
    if (made.kind === 'failed') {
      throw new HoldfastError(
        'lab_key_not_made',
        `No key could be made: ${made.reason}`,
        `Is ${path} writable?`,
      );
    }
  }
  const [type, key] = (await readFile(`${path}.pub`, 'utf8')).split(' ');
  return `${type} ${key}`;
}
