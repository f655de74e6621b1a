import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { folderLibrary } from '../load/library.ts';
import { type JsonSchema, runbookJsonSchema } from './json-schema.ts';
import { madeFiles } from './made-files.ts';

const root = join(import.meta.dirname, '../..');
const made = madeFiles();

it('the schema and the pages in the repository are as the code makes them: npm run reference', () => {
  const old = [...made].filter(([path, text]) => text !== readFileSync(join(root, path), 'utf8'));
  expect(old.map(([path]) => path)).toEqual([]);
});

it('there is no page of a code that there is not', async () => {
  const pages: string[] = [];
  for await (const path of glob('docs/complaints/**/*.md', { cwd: root })) pages.push(path);
  expect(pages.filter((path) => !made.has(path))).toEqual([]);
});

it('every key has words, for the editor and the reference', () => {
  expect([...keysWithoutWords(runbookJsonSchema(), '')]).toEqual([]);
});

function* keysWithoutWords(node: unknown, path: string): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const { properties } = node as JsonSchema;
  for (const [key, property] of Object.entries((properties ?? {}) as { readonly [key: string]: JsonSchema }))
    if (typeof property.description !== 'string') yield `${path}/${key}`;
  for (const [key, inner] of Object.entries(node)) yield* keysWithoutWords(inner, `${path}/${key}`);
}

describe('the schema', () => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(runbookJsonSchema());
  const library = folderLibrary([join(root, 'runbooks')]);

  it.each([...library.names(), 'etcd/etcd'])('takes %s as it is', (name) => {
    const text = library.read(library.locate(name) ?? '') ?? '';
    check(parse(text));
    expect(check.errors ?? []).toEqual([]);
  });

  it('refuses what the language refuses', () => {
    expect(check({ holdfast: 1, name: 'a', steps: [{ run: 'ls', efect: 'read' }] })).toBe(false);
    expect(check({ holdfast: 1, name: 'a', steps: [{ run: 'ls', may_fail: 'yes' }] })).toBe(false);
    expect(check({ holdfast: 1, name: 'a', steps: [] })).toBe(false);
  });
});
