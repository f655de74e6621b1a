import { expect, test } from 'vitest';
import { digest, hostName } from '../../plan/ids.ts';
import type { Plan, PlanHost, RunStep, Step } from '../../plan/plan.ts';
import { planDiff } from './diff.ts';

const AT = { file: 'a.yaml', line: 1, column: 1 };

function aHost(name: string, over: Partial<PlanHost> = {}): PlanHost {
  const about = { address: '127.0.0.1', port: 22, user: 'ada', zone: 'default' };
  return { ...about, name: hostName(name), groups: [], vars: {}, ssh: {}, ...over };
}

function aRun(id: string, over: Partial<RunStep> = {}): RunStep {
  return {
    kind: 'run',
    id,
    at: AT,
    check: [],
    onFailure: 'hold',
    on: [{ op: 'add', of: { expr: { cel: 'members' } } }],
    any: false,
    effect: 'change',
    mayFail: false,
    idempotent: false,
    onUnknown: 'ask',
    env: {},
    outputs: {},
    sensitive: false,
    script: { sha256: digest('one'), shell: 'sh -eu', includes: [] },
    ...over,
  };
}

function aPlan(steps: readonly Step[], over: Partial<Plan> = {}): Plan {
  return {
    format: 1,
    interpreter: 1,
    runbook: 'main',
    summary: '',
    sources: [],
    inputs: { members: [{ $host: 'h1' }] },
    hosts: [aHost('h1'), aHost('h2')],
    locks: [],
    onFailure: 'hold',
    main: 'main',
    units: { main: { name: 'main', inputs: {}, hostVars: [], steps, outputs: {}, report: [] } },
    ...over,
  };
}

const TEXTS: { readonly [digest: string]: string } = { one: 'echo one\n', two: 'echo two\n' };
const differ = (before: Plan, after: Plan) =>
  planDiff({ plan: before, digest: 'b' }, { plan: after, digest: 'a' }, (text) => TEXTS[text]);

test('steps are added, removed, changed and moved by their place in the file', () => {
  const before = aPlan([aRun('a'), aRun('b'), aRun('c'), aRun('gone')]);
  const changed = aRun('b', { effect: 'destroy', when: { cel: 'true' }, env: { X: ['a', { cel: 'x' }] } });
  const diff = differ(before, aPlan([aRun('c'), aRun('a'), aRun('new'), changed]));
  expect(diff.steps.map(({ path, what }) => [path, what])).toEqual([
    ['gone', 'removed'],
    ['new', 'added'],
    ['b', 'changed'],
  ]);
  expect(diff.steps[2]?.fields).toEqual(
    expect.arrayContaining([
      { field: 'effect', before: 'change', after: 'destroy' },
      { field: 'when', after: 'true' },
      { field: 'env', after: `X a\${{ x }}` },
    ]),
  );
  expect(diff.moved).toEqual(['c']);
});

test('a script that has changed stands there before and after; where a step stands in its file is no change', () => {
  const moved = { ...AT, line: 99 };
  const other = aRun('a', { at: moved, script: { sha256: digest('two'), shell: 'sh -eu', includes: [] } });
  const [step] = differ(aPlan([aRun('a')]), aPlan([other])).steps;
  expect(step).toMatchObject({
    fields: [],
    texts: [{ name: 'run', before: 'echo one\n', after: 'echo two\n' }],
  });
  expect(differ(aPlan([aRun('a')]), aPlan([aRun('a', { at: moved })])).steps).toEqual([]);
});

test('inputs, hosts and what follows of them for the hosts of a step', () => {
  const after = aPlan([aRun('a')], {
    inputs: { members: [{ $host: 'h1' }, { $host: 'h3' }] },
    hosts: [aHost('h1', { user: 'bob' }), aHost('h3')],
    locks: ['host/h3'],
    onFailure: 'fail',
  });
  const diff = differ(aPlan([aRun('a')]), after);
  expect(diff.inputs.map(({ name }) => name)).toEqual(['members']);
  expect(diff.hosts).toEqual([
    { name: 'h1', what: 'changed', fields: [{ field: 'user', before: 'ada', after: 'bob' }] },
    { name: 'h2', what: 'removed', fields: [] },
    { name: 'h3', what: 'added', fields: [] },
  ]);
  expect(diff.locks).toEqual({ added: ['host/h3'], removed: [] });
  expect(diff.others).toEqual([{ field: 'on_failure', before: 'hold', after: 'fail' }]);
  expect(diff.steps[0]?.fields).toEqual([{ field: 'hosts', before: 'h1', after: 'h1, h3' }]);
});
