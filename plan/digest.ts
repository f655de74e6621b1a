import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Digest, digest } from './ids.ts';
import type { Json } from './json.ts';
import type { Plan } from './plan.ts';

/** SHA-256 over the plan's RFC 8785 form. Not for workflow code: its sandbox has no node:crypto. */
export function planDigest(plan: Plan): Digest {
  return jsonDigest(plan);
}

/** SHA-256 over the RFC 8785 form: the same for two JSON values that differ only in the order of their keys. */
export function jsonDigest(json: Json): Digest {
  const text = canonicalize(json);
  if (text === undefined) throw new TypeError('Only JSON has a digest.');
  return textDigest(text);
}

/** SHA-256 over the text's UTF-8. */
export function textDigest(text: string): Digest {
  return digest(createHash('sha256').update(text, 'utf8').digest('hex'));
}
