import { stringify } from 'yaml';
import { type JsonSchema, runbookJsonSchema } from '../reference/json-schema.ts';
import type { Random } from './random.ts';

const schema = runbookJsonSchema();
const defs = schema.$defs as { readonly [name: string]: JsonSchema };

const NAMES = ['a', 'b', 'members', 'one', 'look', 'seed', 'host', 'item', 'x_1'];
const TEXTS = [
  'etcd',
  'members:!one',
  'a.rows',
  'size(members) > 0',
  'true',
  '1',
  'x',
  `\${{ members }}`,
  `\${{ look.n }}`,
  `\${{ secrets.a }}`,
  'look.each.n',
  '[1, 2]',
  'echo n=1 >> "$OUTPUT"',
  'if true; then',
  'http://host/',
  'env:A',
  '',
];

/**
 * A runbook whose keys fit the language's own schema, with values that mostly do not fit each other: made of the schema, so that every
 * key there is comes up.
 */
export function generated(random: Random): string {
  const tree = value(random, defs.runbook ?? {}, 0) as { readonly [key: string]: unknown };
  return stringify({ ...tree, holdfast: 1, name: 'main' }, { aliasDuplicateObjects: false });
}

function value(random: Random, of: JsonSchema, depth: number): unknown {
  if (typeof of.$ref === 'string')
    return value(random, defs[of.$ref.replace('#/$defs/', '')] ?? {}, depth + 1);
  if (of.const !== undefined) return of.const;
  if (Array.isArray(of.enum)) return random.one(of.enum);
  if (of.properties !== undefined) return mapping(random, of, depth);
  if (Array.isArray(of.anyOf)) return value(random, random.one(of.anyOf as readonly JsonSchema[]), depth + 1);
  const type = Array.isArray(of.type) ? random.one(of.type) : of.type;
  switch (type) {
    case 'object':
      return named(random, (of.additionalProperties ?? {}) as JsonSchema, depth);
    case 'array':
      return many(random, () => value(random, (of.items ?? {}) as JsonSchema, depth + 1));
    case 'boolean':
      return random.below(2) === 0;
    case 'integer':
    case 'number':
      return random.below(5);
    case 'string':
      return text(random, of);
    default:
      return random.one([...TEXTS, 3, null, ['x'], { a: 'b' }]);
  }
}

function text(random: Random, of: JsonSchema): string {
  if (Array.isArray(of.examples)) return random.one(of.examples);
  if (of.pattern !== undefined) return random.one([...NAMES, '0640']);
  return random.one([...TEXTS, ...NAMES]);
}

function mapping(random: Random, of: JsonSchema, depth: number): unknown {
  const needed = new Set(Array.isArray(of.required) ? of.required : []);
  const often = depth > 8 ? 0.05 : 0.3;
  const entries = Object.entries(of.properties as { readonly [key: string]: JsonSchema })
    .filter(([key]) => needed.has(key) || random.next() < often)
    .map(([key, inner]) => [key, depth > 12 ? 'x' : value(random, inner, depth + 1)]);
  return Object.fromEntries(entries);
}

function named(random: Random, of: JsonSchema, depth: number): unknown {
  return Object.fromEntries(
    many(random, () => [random.one(NAMES), depth > 12 ? 'int' : value(random, of, depth + 1)] as const),
  );
}

function many<T>(random: Random, make: () => T): readonly T[] {
  return Array.from({ length: 1 + random.below(3) }, make);
}
