import { expect, describe as group, it } from 'vitest';
import { fiveHosts } from './compile.fixture.ts';
import { compile } from './compile.ts';
import { catalogue, describe } from './describe.ts';
import { folderLibrary, textLibrary } from './load/library.ts';
import { validate } from './validate.ts';

const GOOD =
  'holdfast: 1\nname: good\nsummary: Fine.\ninputs: { m: { type: hosts, default: a-group-somewhere, help: Who. } }\nsteps: [{ id: a, on: "m:somewhere", run: x, title: Do it }]\n';

function brief(library: ReturnType<typeof textLibrary>, names?: readonly string[]): readonly string[] {
  return validate(library, names).map(
    (each) => `${each.file}:${each.line}:${each.column} ${each.severity} ${each.code}`,
  );
}

group('validate', () => {
  it('needs no inventory: groups can be any', () => {
    expect(brief(textLibrary({ 'good.yaml': GOOD }))).toEqual([]);
  });

  it('says of a step that destroys without a gate only that its users need one', () => {
    const text = 'holdfast: 1\nname: d\nsteps: [{ id: a, on: x, effect: destroy, run: x }]\n';
    expect(brief(textLibrary({ 'd.yaml': text }))).toEqual(['d.yaml:3:9 warning destroy/no-gate']);
  });

  it('looks at every file of a library once, at tests and fragments by themselves not at all', () => {
    const library = textLibrary({
      'good.yaml': GOOD,
      'bad/one.yaml': 'holdfast: 1\nname: bad/two\nsteps: [{ id: a, use: good, with: { k: v } }]\n',
      'fragment.yaml': 'env: { A: b }\n',
      'good.test.yaml': 'test: good\ncases: []\n',
    });
    expect(library.names()).toEqual(['bad/one', 'good']);
    expect(brief(library)).toEqual([
      'bad/one.yaml:2:7 error runbook/name',
      'bad/one.yaml:3:37 error use/unknown-input',
    ]);
  });

  it('takes a fragment where it is named', () => {
    const library = textLibrary({ 'f.yaml': 'env: { A: b }\nstep: []\n' });
    expect(brief(library, ['f.yaml'])).toEqual(['f.yaml:2:1 error fragment/unknown-key']);
  });

  it('warns where sh -e is off, and where a status is lost', () => {
    const library = textLibrary({
      'lib.sh': 'one() { :; }\ntwo() { :; }\n',
      'good.yaml': `holdfast: 1
name: good
include: [lib.sh]
steps:
  - id: a
    on: x
    run: |
      one; x=$(two) # one | two
      if one; then two; fi
      one && echo 'one && two'
      two | cat
      echo "$(two)"
`,
    });
    expect(brief(library)).toEqual([
      'good.yaml:9:10 warning run/function-in-condition',
      'good.yaml:10:7 warning run/function-in-condition',
      'good.yaml:11:7 warning run/status-hidden',
      'good.yaml:12:15 warning run/status-hidden',
    ]);
  });
});

group('the catalogue', () => {
  it('describes a runbook with its inputs, steps and complaints', () => {
    expect(describe(textLibrary({ 'good.yaml': GOOD }), 'good')).toEqual({
      name: 'good',
      summary: 'Fine.',
      file: 'good.yaml',
      inputs: [{ name: 'm', type: 'hosts', required: false, default: 'a-group-somewhere', help: 'Who.' }],
      steps: [{ id: 'a', kind: 'run', title: 'Do it' }],
      source: GOOD,
      complaints: [],
    });
    expect(describe(textLibrary({}), 'good')).toBeUndefined();
  });

  it('lists broken runbooks too, with what is wrong', () => {
    const [broken] = catalogue(textLibrary({ 'b.yaml': 'holdfast: 1\nname: b\nsteps: {}\n' }));
    expect(broken).toMatchObject({
      name: 'b',
      steps: [],
      complaints: [{ line: 3, code: 'runbook/wrong-value' }],
    });
  });
});

group('the shipped library', () => {
  const library = folderLibrary([new URL('../runbooks', import.meta.url).pathname]);

  it('has no errors', () => {
    expect(validate(library).filter((each) => each.severity === 'error')).toEqual([]);
  });

  it.each(library.names())('%s compiles for three members', (runbook) => {
    const described = describe(library, runbook);
    const needed = (described?.inputs ?? []).filter((input) => input.required);
    const values: { readonly [type: string]: string } = { host: 'etcd02', hosts: 'etcd00,etcd01,etcd02' };
    const texts: { readonly [input: string]: string } = { to: '3.5.35', file: '/backup/snapshot.db' };
    const inputs = Object.fromEntries(
      needed.map(({ name, type }) => [name, values[type] ?? texts[name] ?? 'x']),
    );
    if ('joiner' in inputs) inputs.members = 'etcd00,etcd01';
    const result = compile({ runbook, library, inventory: fiveHosts, inputs, onFailure: 'hold' });
    expect(result.ok ? [] : result.complaints).toEqual([]);
  });

  it('does not read files outside of its folders', () => {
    expect(library.locate('../package')).toBeUndefined();
    expect(library.locate('/etc/passwd')).toBeUndefined();
    expect(library.resolve('etcd/etcd.yaml', '../../package.json')).toBeUndefined();
  });
});
