import { describe, expect, it } from 'vitest';
import type { Step } from '../plan/plan.ts';
import { compileTexts, found, runbookOf } from './compile.fixture.ts';

const CALLEE = `holdfast: 1
name: callee
inputs:
  members: { type: hosts, min: 1 }
  seed: { type: host, default: "\${{ members[0] }}" }
  name: { type: string, pattern: "[a-z]+", max: 5, optional: true }
  pause: { type: duration, min: 1s, default: 5s }
steps:
  - { id: x, on: seed, run: y, env: { N: "\${{ name }}", P: "\${{ pause }}" } }
`;

function compiled(steps: string, head = '') {
  const result = compileTexts({ 'main.yaml': runbookOf(steps, head), 'callee.yaml': CALLEE });
  expect(found(result)).toEqual([]);
  if (!result.ok) throw new Error('It does not compile.');
  return result.compiled.plan;
}

function stepOf(steps: readonly Step[] | undefined, id: string): Step | undefined {
  return steps?.find((step) => step.id === id);
}

describe('an input that is left out', () => {
  it('is made by the used runbook of its other inputs, and the locks know of which hosts', () => {
    const plan = compiled('  - { id: a, use: callee, with: { members: web } }\n');
    expect(plan.units.callee?.defaults).toMatchObject({ seed: { cel: 'members[0]' } });
    expect(Object.keys(stepOf(plan.units.main?.steps, 'a')?.kind === 'use' ? plan.units : {})).toContain(
      'callee',
    );
    expect(stepOf(plan.units.main?.steps, 'a')).not.toHaveProperty('with.seed');
    expect(plan.locks).toEqual(['host/web1', 'host/web2']);
  });

  it('may be empty whatever holds for what is there', () => {
    const text = runbookOf(
      `  - { id: a, on: web, run: x, env: { N: "\${{ n }}" } }\n`,
      'inputs: { n: { type: string, optional: true, min: 3, pattern: "a+" } }\n',
    );
    expect(found(compileTexts({ 'main.yaml': text }))).toEqual([]);
    expect(found(compileTexts({ 'main.yaml': text }, { inputs: { n: 'b' } }))).toHaveLength(1);
  });
});

describe('what is passed', () => {
  it('keeps to min, max and pattern: the first step of the used runbook looks', () => {
    const plan = compiled('  - { id: a, use: callee, with: { members: web } }\n');
    const requires = stepOf(plan.units.callee?.steps, 'requires');
    expect(requires?.check.map(({ words, holds }) => [words, holds.cel])).toEqual([
      ['the length of members is at least 1', 'size(members) >= 1'],
      ['the length of name is at most 5', 'size(name) == 0 || size(name) <= 5'],
      ['name matches [a-z]+', 'size(name) == 0 || matches(name, "\\\\A(?:[a-z]+)\\\\z")'],
      ['pause is at least 1s', 'pause >= 1000'],
    ]);
  });

  it('is said at once where it stands there', () => {
    const files = {
      'main.yaml': runbookOf('  - { id: a, use: callee, with: { members: web, name: ABC, pause: 5ms } }\n'),
      'callee.yaml': CALLEE,
    };
    expect(found(compileTexts(files))).toEqual([
      '4:55 use/wrong-type: This does not fit the input name: it has to match [a-z]+ as a whole. → Give a value within its limits.',
      '4:67 use/wrong-type: This does not fit the input pause: it has to be 1s at least. → Give a value within its limits.',
    ]);
  });
});

describe('a part of a list of hosts', () => {
  const head = 'inputs: { m: { type: hosts, default: etcd } }\n';

  it('is named as Ansible does, both ends included', () => {
    const plan = compiled(
      '  - { id: a, on: "m[0:1]", run: x }\n  - { id: b, on: "m[-2:]:!m[-1]", run: x }\n',
      head,
    );
    expect(stepOf(plan.units.main?.steps, 'a')).toMatchObject({
      on: [{ of: { expr: { cel: 'm' }, slice: { from: 0, to: 1 } } }],
    });
    expect(plan.locks).toEqual(['host/etcd00', 'host/etcd01']);
  });

  it('is passed as an expression', () => {
    const plan = compiled(
      '  - { id: a, use: callee, with: { members: "m[1:]" } }\n  - { id: b, use: callee, with: { members: "m[0:1]:web" } }\n',
      head,
    );
    expect(stepOf(plan.units.main?.steps, 'a')).toMatchObject({ with: { members: { cel: 'slice(m, 1)' } } });
    expect(stepOf(plan.units.main?.steps, 'b')).toMatchObject({
      with: { members: { cel: 'distinct(slice(m, 0, 2).map(h, h.name) + ["web1", "web2"])' } },
    });
  });
});
