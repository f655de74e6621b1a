import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { HoldfastError } from '../plan/errors.ts';
import type { Entry } from './events.ts';

/**
 * Text in its RFC 8785 form: the same value gives the same bytes everywhere.
 * Throws `ledger/not-json` for what has none (a lone surrogate, NaN, an infinity).
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : String(error));
  }
  if (text === undefined) throw notJson(`${typeof value} is no JSON value`);
  return text;
}

/** An entry in its RFC 8785 form, from parts that are in that form already: names in order of their code units. */
export function entryText(
  entry: Omit<Entry, 'actor' | 'data'>,
  parts: { readonly actor: string; readonly data: string },
): string {
  const { at, epoch, key, kind, run, seq } = entry;
  return (
    `{"actor":${parts.actor},"at":${at},"data":${parts.data},"epoch":${epoch},"key":${canonicalJson(key)},` +
    `"kind":${canonicalJson(kind)},"run":${canonicalJson(run)},"seq":${seq}}`
  );
}

/** A leaf of the Merkle tree over the entries, RFC 6962 section 2.1: SHA-256(0x00 ‖ entry). */
export function leafHash(text: string): Uint8Array {
  return createHash('sha256').update(LEAF).update(text).digest();
}
const LEAF = new Uint8Array([0]);

function notJson(why: string): HoldfastError {
  return new HoldfastError(
    'ledger/not-json',
    `This can't be recorded, as it has no JSON form: ${why}.`,
    'Record text as well-formed Unicode and numbers as finite ones.',
  );
}
