import { hash } from 'node:crypto';

/** A name as `HashKnownHosts` writes it: HMAC-SHA1 of the name, keyed with the salt. Prepared for many comparisons. */
export type HashedName = { readonly digest: Buffer; readonly inner: Buffer; readonly outer: Buffer };

/** SHA-1's block, to which HMAC (RFC 2104) fills up its key. */
const blockBytes = 64;

/** Reads `|1|SALT|HASH`. */
export function parseHashedName(text: string): HashedName | undefined {
  const [, version, salt, digest] = text.split('|');
  if (version !== '1' || salt === undefined || digest === undefined) return undefined;
  const key = Buffer.from(salt, 'base64');
  if (key.length > blockBytes) return undefined;
  const pad = (byte: number): Buffer => {
    const block = Buffer.alloc(blockBytes, byte);
    for (const [at, bits] of key.entries()) block[at] = bits ^ byte;
    return block;
  };
  return { digest: Buffer.from(digest, 'base64'), inner: pad(0x36), outer: pad(0x5c) };
}

/** HMAC from two one-shot digests: a quarter of the time of `createHmac`, which counts with a thousand lines. */
export function isHashed({ digest, inner, outer }: HashedName, name: string): boolean {
  const first = hash('sha1', Buffer.concat([inner, Buffer.from(name)]), 'buffer');
  return hash('sha1', Buffer.concat([outer, first]), 'buffer').equals(digest);
}
