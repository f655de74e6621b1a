import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../schema/kinds.ts';
import { runbookSchema } from '../schema/runbook.ts';
import { commentsOf } from './comments.ts';
import { format } from './format.ts';
import { RUNBOOK_ORDER, STEP_ORDER } from './key-order.ts';

const folder = join(import.meta.dirname, '../../runbooks/etcd');
const library = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

function formatted(text: string): string {
  const result = format('x.yaml', text);
  expect(result).toMatchObject({ ok: true });
  return result.ok ? result.text : '';
}

function keepsAll(text: string): string {
  const once = formatted(text);
  expect(parse(once)).toEqual(parse(text));
  expect(commentsOf(once)).toEqual(commentsOf(text));
  expect(formatted(once)).toBe(once);
  return once;
}

/** The same lines in another order, with more room and comments: what somebody else would have written. */
function disturbed(text: string, seed: number): string {
  let state = seed;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
  const lines = text.split('\n').flatMap((line, i) => {
    const plain = /^(\s*)(- )?[a-z_]+: /.exec(line);
    if (plain === null || next(4) > 0) return [line];
    const indent = ' '.repeat(line.search(/\S/));
    return [
      `${indent}# comment ${i}`,
      ...(next(2) === 0 ? [''] : []),
      line.replace('{ ', '{  ').replace(' }', '}'),
    ];
  });
  return lines.join('\n');
}

describe('the usual form', () => {
  it('has its keys in order, two blanks for each level, and blanks inside braces', () => {
    const text = `# A file.

steps:
    -   title: First  # what it is
        run: |
            one
              two
        on: etcd
        # Above the id.
        id: a


    # The gate.
    - {approve: {show: [a],   ask: "Go on?"}, id: sure}
name: main
inputs: {m: {help: Who., type: hosts}}
holdfast: 1
`;
    expect(formatted(text)).toBe(`# A file.

holdfast: 1
name: main
inputs: { m: { type: hosts, help: Who. } }
steps:
  # Above the id.
  - id: a
    title: First  # what it is
    on: etcd
    run: |
        one
          two

  # The gate.
  - { id: sure, approve: { ask: "Go on?", show: [a] } }
`);
  });

  it('leaves the order of names to their writer', () => {
    const text =
      'holdfast: 1\nname: a\ninputs: { z: int, a: int }\nsteps:\n  - { id: s, set: { steps: "1", id: "2", name: "3" } }\n';
    expect(formatted(text)).toBe(text);
  });

  it('is not sought where the file can’t be read', () => {
    expect(format('x.yaml', 'a: [\n')).toMatchObject({
      ok: false,
      complaints: [{ file: 'x.yaml', line: 2 }],
    });
  });

  it.each([
    'a: 1\nb:\n  - - x\n    - y\n',
    'steps:\n  -\n    id: a\n',
    'docs: |+\n  x\n\n\nname: a\n',
    'docs: "a\n  b"\nname: >-\n  x\n  y\n',
    'env:\n  A: {a: 1, # why\n    b: 2}\n',
  ])('says the same of %j', (text) => {
    keepsAll(text);
  });
});

describe('over the whole library', () => {
  it.each(library)('%s says the same, and formatting it again changes nothing', (file) => {
    keepsAll(readFileSync(join(folder, file), 'utf8'));
  });

  it('also with comments and room where nobody expects them', () => {
    fc.assert(
      fc.property(fc.constantFrom(...library), fc.nat(), (file, seed) => {
        const text = disturbed(readFileSync(join(folder, file), 'utf8'), seed);
        if (format(file, text).ok) keepsAll(text);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

it('the order knows every key', () => {
  const step = new Set(Object.values(KINDS).flatMap((schema) => Object.keys(schema.shape)));
  expect([...step].filter((key) => !STEP_ORDER.includes(key))).toEqual([]);
  expect(Object.keys(runbookSchema.shape).filter((key) => !RUNBOOK_ORDER.includes(key))).toEqual([]);
});
