import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
/** NIST SP 800-38D: a nonce of 96 bits, drawn anew for each value, and the whole tag. Bytes. */
const nonceBytes = 12;
const tagBytes = 16;
/** Says which key a value was sealed with: the beginning of the key's SHA-256. */
const idBytes = 8;
const head = Buffer.from('HFS1');

/** The installation's key: 256 bits. */
export type SealingKey = { readonly bytes: Buffer; readonly id: Buffer };

/** Reads a key as its file has it: 64 hexadecimal digits. */
export function readSealingKey(text: string): SealingKey | undefined {
  if (!/^[0-9a-fA-F]{64}$/.test(text.trim())) return undefined;
  const bytes = Buffer.from(text.trim(), 'hex');
  return { bytes, id: createHash('sha256').update(bytes).digest().subarray(0, idBytes) };
}

/** A text that only the key opens again, and only under the same handle. */
export function seal(key: SealingKey, handle: string, text: string): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(handle));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([head, key.id, nonce, cipher.getAuthTag(), sealed]);
}

export type Unsealed =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: 'another key' | 'damaged' };

export function unseal(key: SealingKey, handle: string, bytes: Uint8Array): Unsealed {
  const whole = Buffer.from(bytes);
  let at = 0;
  function next(length: number): Buffer {
    at += length;
    return whole.subarray(at - length, at);
  }
  const [magic, id, nonce, tag] = [next(head.length), next(idBytes), next(nonceBytes), next(tagBytes)];
  if (!magic.equals(head) || tag.length < tagBytes) return { ok: false, why: 'damaged' };
  if (!id.equals(key.id)) return { ok: false, why: 'another key' };
  const decipher = createDecipheriv(algorithm, key.bytes, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(handle));
  decipher.setAuthTag(tag);
  try {
    const text = Buffer.concat([decipher.update(whole.subarray(at)), decipher.final()]);
    return { ok: true, text: text.toString('utf8') };
  } catch {
    return { ok: false, why: 'damaged' };
  }
}
