import { randomBytes } from 'node:crypto';
import { kept } from './kept.ts';

/**
 * Sees to it that the installation's key for sensitive outputs is there: 256 bits as hexadecimal digits, made once. Whoever can
 * read it and the sealed values can read what runs keep secret.
 */
export async function keepSealingKey(file: string): Promise<void> {
  await kept(file, () => randomBytes(32).toString('hex'));
}
