import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileTexts } from './compile.fixture.ts';
import { textLibrary } from './load/library.ts';
import { validate } from './validate.ts';

const SEED = `holdfast: 1
name: main
summary: Every kind of step.
docs: |
  Some words.
inputs:
  members: { type: hosts, default: etcd, help: Who. }
  one: { type: host, default: etcd00 }
  word: { type: choice, values: [a, b], default: a }
  limit: { type: duration, default: 5s, min: 1s }
requires:
  some: size(members) > 0
host_vars: { url: "http://\${{ host.address }}:2379" }
env: { NAME: "\${{ host.name }}", WORD: "\${{ word }}" }
locks: [members]
on: members:!one
steps:
  - id: look
    effect: read
    may_fail: true
    run: echo "n=1" >> "$OUTPUT"
    outputs: { n: int, list: "list<{ id: string }>" }
    check:
      enough: look.n > 0
    retry: { within: 30s, every: 1s, when: rc == 75 }
  - id: pick
    set: { seed: "look.rows.max_by(r, r.n).host", total: 'look.rows.map(r, r.n)' }
    choose: { few: "size(look.rows) < 3", many: "true" }
  - id: gate
    approve: { ask: "Go on with \${{ seed.name }}?", show: [look], expires: "\${{ limit }}" }
  - id: act
    on: seed
    effect: destroy
    run: |
      rm x
    done: { run: test ! -e x, every: 1s, within: 10s }
  - id: each
    on: members
    as: member
    serial: 1
    steps:
      - id: ask
        http: { via: host, url: "\${{ member.url }}/x", json: { a: [1, "\${{ member.name }}"] } }
        outputs: { got: { type: string, from: json.a } }
      - id: twice
        for_each: "[1, 2]"
        as: i
        use: main2
        with: { members: "members:!seed" }
outputs: { seed: seed.name }
report: [look]
`;

const PIECES = [
  ...'{}[]:,#&*!|>\'"%@`-?\n\t $\\'.split(''),
  `\${{ `,
  ' }}',
  `\${{ x }}`,
  ': ',
  ' #',
  '- ',
  '&a ',
  '*a',
  '!x ',
  '<<: ',
  '---\n',
  '? ',
  '%YAML 1.1\n',
  'null',
  'yes',
  '1e9',
  '\0',
  '\uFEFF',
  '\u{1F600}',
  '__proto__',
  'constructor',
  'members',
  'host',
  'run',
  'when: ',
  'steps:\n',
  '  ',
  'x.rows',
  '[0]',
  '(',
  ')',
];

/** Cuts, repeats and inserts, wherever. */
const mutated = fc
  .array(
    fc.record({
      at: fc.nat(SEED.length),
      cut: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(60)),
      put: fc.oneof(
        fc.constantFrom(...PIECES),
        fc.constant(''),
        fc.nat(SEED.length - 80).map((from) => SEED.slice(from, from + 60)),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((changes) =>
    changes.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), SEED),
  );

function check(text: string): void {
  const files = {
    'main.yaml': text,
    'main2.yaml':
      'holdfast: 1\nname: main2\ninputs: { members: hosts }\nsteps: [{ id: x, on: members, run: y }]\n',
  };
  const result = compileTexts(files);
  const complaints = [
    ...(result.ok ? result.warnings : result.complaints),
    ...validate(textLibrary(files), ['main']),
  ];
  if (!result.ok) expect(result.complaints.some((each) => each.severity === 'error')).toBe(true);
  const lines = (files['main.yaml'].match(/\n/g)?.length ?? 0) + 1;
  for (const { file, line, column, message, mend } of complaints) {
    expect(Object.keys(files)).toContain(file);
    expect(line).toBeGreaterThanOrEqual(1);
    if (file === 'main.yaml') expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toMatch(/undefined|\[object/);
    expect(mend).not.toBe('');
  }
}

it('never crashes on a mutated runbook, and every complaint has a place in a file and a mend', () => {
  fc.assert(fc.property(mutated, check), { numRuns: 300 });
}, 60_000);

it('never crashes on text that is no runbook at all', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((all) => all.join('')),
      ),
      check,
    ),
    {
      numRuns: 200,
    },
  );
}, 60_000);

it('keeps to its feet on nesting, length and repetition', () => {
  for (const text of [
    '['.repeat(5_000),
    `a: ${'{b: '.repeat(3_000)}`,
    `holdfast: 1\nname: main\nsteps:\n${Array.from({ length: 150 }, (_, i) => `${'  '.repeat(i)}- steps:\n`).join('')}`,
    `${'- '.repeat(10_000)}x`,
    Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
    `holdfast: 1\nname: main\nsteps:\n  - { id: a, set: { x: "${'('.repeat(4_000)}" } }\n`,
    `holdfast: 1\nname: main\nsteps:\n  - { id: a, set: { x: "${'x.'.repeat(100_000)}y" } }\n`,
  ])
    check(text);
});
