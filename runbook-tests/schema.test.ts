import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { testJsonSchema, testSchemaText } from './schema.ts';

const root = join(import.meta.dirname, '..');

describe('the schema of tests', () => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(testJsonSchema());
  const files = globSync('runbooks/**/*.test.yaml', { cwd: root });

  it('stands in the repository as the code makes it: npm run reference', () => {
    expect(readFileSync(join(root, 'schema/test.json'), 'utf8')).toBe(testSchemaText());
  });

  it('has words for every key', () => {
    const properties = [...JSON.stringify(testJsonSchema()).matchAll(/"properties":/g)];
    expect(properties).toHaveLength(3);
    expect([...keysWithoutWords(testJsonSchema())]).toEqual([]);
  });

  it.each(files)('takes %s as it is', (file) => {
    check(parse(readFileSync(join(root, file), 'utf8')));
    expect(check.errors ?? []).toEqual([]);
  });

  it('refuses what holdfast test refuses', () => {
    const one = { name: 'a', expect: {} };
    expect(check({ test: 'a', cases: [one] })).toBe(true);
    expect(check({ test: 'a', cases: [] })).toBe(false);
    expect(check({ test: 'a', cases: [{ ...one, exspect: {} }] })).toBe(false);
    expect(check({ test: 'a', cases: [{ ...one, expect: { status: 'done' } }] })).toBe(false);
  });
});

function* keysWithoutWords(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const { properties } = node as {
    readonly properties?: { readonly [key: string]: { description?: string } };
  };
  for (const [key, property] of Object.entries(properties ?? {}))
    if (property.description === undefined) yield key;
  for (const inner of Object.values(node)) yield* keysWithoutWords(inner);
}
