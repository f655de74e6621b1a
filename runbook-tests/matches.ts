import type { Tree } from '../language/yaml/source.ts';
import type { Json } from '../plan/json.ts';
import { isTreeList, isTreeMap } from './trees.ts';

/**
 * Whether a value is the one that a test says: scalars by their text, lists item by item, and of a map what is said of it.
 * A host is its name, a large integer its digits.
 */
export function matches(value: Json | undefined, expected: Tree): boolean {
  if (value === undefined) return false;
  if (expected === null) return value === null || value === '';
  if (isTreeList(expected))
    return (
      Array.isArray(value) &&
      value.length === expected.length &&
      expected.every((item, i) => matches(value[i], item))
    );
  if (isTreeMap(expected)) {
    if (value === null || typeof value !== 'object') return false;
    const fields = value as { readonly [key: string]: Json };
    return Object.entries(expected).every(([key, item]) => matches(fields[key], item));
  }
  return textOf(value) === expected;
}

/** A value as a test would write it. */
export function textOf(value: Json | undefined): string {
  if (value === undefined) return 'not there';
  if (value === null || typeof value !== 'object') return String(value);
  for (const tag of ['$int', '$host', '$version', '$secret', '$double']) {
    const held = (value as { readonly [key: string]: Json })[tag];
    if (held !== undefined) return String(held);
  }
  return JSON.stringify(value);
}
