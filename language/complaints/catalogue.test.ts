import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadInventory } from '../../inventory/load.ts';
import type { Complaint } from '../../plan/complaints.ts';
import { compileTexts } from '../compile.fixture.ts';
import { type Library, textLibrary } from '../load/library.ts';
import { validate } from '../validate.ts';
import { CATALOGUE } from './catalogue.ts';
import { book, type Entry, type Example } from './entry.ts';

const entries = [...CATALOGUE.values()];

function complaintsOf(example: Example): readonly Complaint[] {
  const {
    files,
    given = {},
    limit,
  } = typeof example === 'string' ? { files: { 'main.yaml': example } } : example;
  const compiled = compileTexts(files, { inputs: given, ...(limit === undefined ? {} : { limit }) });
  return [
    ...(compiled.ok ? compiled.warnings : compiled.complaints),
    ...validate(textLibrary(files), ['main']),
  ];
}

/** The example's files as an inventory: the first one is read, with what stands beside it. */
async function inventoryComplaints(example: Example): Promise<readonly Complaint[]> {
  const files = typeof example === 'string' ? { 'hosts.yaml': example } : example.files;
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const loaded = await loadInventory([join(folder, Object.keys(files)[0] ?? '')]);
    return loaded.ok ? loaded.inventory.origin.warnings : loaded.complaints;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function complained(entry: Entry, example: Example): Promise<readonly Complaint[]> {
  return /^inventory\//.test(entry.code)
    ? inventoryComplaints(example)
    : Promise.resolve(complaintsOf(example));
}

describe.each(entries.filter((entry) => entry.shownOnly === undefined))('$code', (entry) => {
  it('is what is said of the bad example', async () => {
    const said = (await complained(entry, entry.bad)).filter(({ code }) => code === entry.code);
    expect(said.length).toBeGreaterThan(0);
    expect(said.map(({ severity }) => severity)).toContain(entry.severity);
  });

  it('is mended by the good example, of which nothing is said', async () => {
    const errors = (await complained(entry, entry.good)).filter(
      ({ severity, code }) => severity === 'error' || code === entry.code,
    );
    expect(errors).toEqual([]);
  });
});

it('every code that is used has an entry, and no other has', async () => {
  const used = new Set<string>();
  const root = join(import.meta.dirname, '../..');
  for await (const file of glob('{language,inventory}/**/*.ts', { cwd: root })) {
    if (/test|fixture|complaints\//.test(file)) continue;
    for (const code of codesIn(readFileSync(join(root, file), 'utf8'))) used.add(code);
  }
  expect(entries.map(({ code }) => code).sort()).toEqual([...used].sort());
});

/** A code stands as a text of its own; `step/not-yet` and the like that are thrown are errors, not complaints. */
function codesIn(text: string): readonly string[] {
  const areas =
    'become|approve|choose|copy|inventory|ssh-config|destroy|expression|fragment|http|include|input|limit|locks|manual|name|on|outputs|plan|report|requires|retry|rollback|run|runbook|secret|set|shell|step|type|use|wait|yaml';
  const found = [...text.matchAll(new RegExp(`'((?:${areas}|host)/[a-z-]+)'`, 'g'))].map(
    ([, code = '']) => code,
  );
  const formed = [...text.matchAll(/`\$\{place\.area\}\/([a-z-]+)`/g)].flatMap(([, kind]) =>
    ['runbook', 'fragment', 'step'].map((area) => `${area}/${kind}`),
  );
  return [...found, ...formed].filter((code) => !THROWN.has(code));
}

const THROWN: ReadonlySet<string> = new Set(['host/home-unknown', 'host/variable', 'fragment/missing-key']);

describe('what does not fit on a page', () => {
  const copying = { 'main.yaml': book('  - { id: a, on: etcd, copy: { from: there, to: there } }\n') };
  const library = textLibrary(copying);
  const codes = (over: Partial<Library>) =>
    validate({ ...library, ...over }, ['main']).map(({ code, line, column }) => `${line}:${column} ${code}`);

  it('a link among what is copied, and a folder of nothing, are said where they are named', () => {
    expect(codes({ files: () => ({ kind: 'folder', files: [], link: 'x' }) })).toEqual(['4:38 copy/link']);
    expect(codes({ files: () => ({ kind: 'folder', files: [] }) })).toEqual(['4:38 copy/size']);
  });

  it('a file that is there and can’t be read', () => {
    const files = {
      'main.yaml': book('  - { id: a, on: etcd, run: ls }\n', 'include: [lib.sh]\n'),
      'lib.sh': '',
    };
    const locked = textLibrary(files);
    const read = (file: string) => {
      if (file === 'lib.sh') throw new Error('EACCES: permission denied');
      return locked.read(file);
    };
    expect(validate({ ...locked, read }, ['main']).map(({ code }) => code)).toContain('include/unreadable');
  });

  it('a plan of more than a million bytes', () => {
    const env = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`V${i}`, 'x'.repeat(30_000)]));
    const big = (name: string) =>
      `holdfast: 1\nname: ${name}\nsteps:\n  - { id: a, on: etcd, run: ls, env: ${JSON.stringify(env)} }\n`;
    const main = book('  - { id: a, use: one }\n  - { id: b, use: two }\n');
    const result = compileTexts({ 'main.yaml': main, 'one.yaml': big('one'), 'two.yaml': big('two') });
    expect(result.ok ? [] : result.complaints.map(({ code }) => code)).toEqual(['plan/too-large']);
  });
});
