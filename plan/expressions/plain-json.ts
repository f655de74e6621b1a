import type { Json } from '../json.ts';
import { isJsonList } from './encoding.ts';
import type { Value } from './values.ts';

/** Ordinary JSON as a value: whole numbers are ints, and `$` in a key means nothing (other than in encoded values). */
export function plainJson(json: Json): Value {
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (json === null || typeof json !== 'object') return json;
  if (isJsonList(json)) return json.map(plainJson);
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, plainJson(item)]));
}
