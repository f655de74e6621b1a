import { expect, test } from 'vitest';
import { digest, hostName } from '../../plan/ids.ts';
import type { Plan, PlanHost, RunStep, Step, Unit } from '../../plan/plan.ts';
import { questionsOf } from './questions.ts';

const AT = { file: 'a.yaml', line: 1, column: 1 };
const SCRIPT = { sha256: digest('script'), shell: 'sh -eu', includes: [] };
const DONE = { sha256: digest('done'), shell: 'sh -eu', includes: [] };

function aHost(name: string): PlanHost {
  return {
    name: hostName(name),
    address: '127.0.0.1',
    port: 22,
    user: 'ada',
    zone: 'default',
    groups: [],
    vars: {},
    ssh: {},
  };
}

function aRun(id: string, over: Partial<RunStep> = {}): RunStep {
  return {
    kind: 'run',
    id,
    at: AT,
    check: [],
    onFailure: 'hold',
    on: [{ op: 'add', of: { hosts: [hostName('h1'), hostName('h2')] } }],
    any: false,
    effect: 'change',
    mayFail: false,
    idempotent: false,
    onUnknown: 'ask',
    env: {},
    outputs: {},
    sensitive: false,
    script: SCRIPT,
    ...over,
  };
}

function aUnit(name: string, steps: readonly Step[], over: Partial<Unit> = {}): Unit {
  return { name, inputs: {}, hostVars: [], steps, outputs: {}, report: [], ...over };
}

function aPlan(
  steps: readonly Step[],
  more: Partial<Plan> = {},
  units: { readonly [name: string]: Unit } = {},
): Plan {
  return {
    format: 1,
    interpreter: 1,
    runbook: 'main',
    summary: '',
    sources: [],
    inputs: {},
    hosts: [aHost('h1'), aHost('h2')],
    locks: [],
    onFailure: 'hold',
    main: 'main',
    units: { main: aUnit('main', steps), ...units },
    ...more,
  };
}

function asked(plan: Plan) {
  return questionsOf(plan).map(({ path, host, of }) => `${path} ${host} ${of}`);
}

test('a step that only reads is asked itself, a change is asked whether it is done', () => {
  const done = { script: DONE, everyMs: 1, withinMs: 1 };
  const steps = [aRun('look', { effect: 'read' }), aRun('put', { done }), aRun('blind')];
  expect(asked(aPlan(steps))).toEqual(['look h1 read', 'look h2 read', 'put h1 done', 'put h2 done']);
});

test('what only reads behind a change is left to the run', () => {
  const steps = [aRun('put'), aRun('look', { effect: 'read' })];
  expect(asked(aPlan(steps))).toEqual([]);
});

test('what needs the outputs of an earlier step is left to the run', () => {
  const steps = [
    aRun('look', { effect: 'read' }),
    aRun('env', { effect: 'read', env: { ID: [{ cel: 'look.id' }] } }),
    aRun('when', { effect: 'read', when: { cel: 'look.ok' } }),
    aRun('where', { effect: 'read', on: [{ op: 'add', of: { expr: { cel: 'look.best' } } }] }),
  ];
  expect(asked(aPlan(steps))).toEqual(['look h1 read', 'look h2 read']);
});

test('inputs and the host’s own fields fill the environment', () => {
  const env = { WORD: [{ cel: 'word' }], WHO: [{ cel: 'host.name' }, '!'] };
  const plan = aPlan([aRun('look', { effect: 'read', env })], { inputs: { word: 'hi' } });
  expect(questionsOf(plan).map((question) => question.env)).toEqual([
    { WORD: 'hi', WHO: 'h1!' },
    { WORD: 'hi', WHO: 'h2!' },
  ]);
});

test('a secret never leaves for a probe', () => {
  const env = { TOKEN: [{ cel: 'token' }] };
  const plan = aPlan([aRun('look', { effect: 'read', env })], { inputs: { token: { $secret: 'api' } } });
  expect(asked(plan)).toEqual([]);
});

test('a step that its condition leaves out is not asked', () => {
  const steps = [
    aRun('no', { effect: 'read', when: { cel: 'false' } }),
    aRun('yes', { effect: 'read', when: { cel: 'true' } }),
  ];
  expect(asked(aPlan(steps))).toEqual(['yes h1 read', 'yes h2 read']);
});

test('a used runbook is asked once for each host of the loop, under the loop’s name', () => {
  const use: Step = {
    kind: 'use',
    id: 'join',
    at: AT,
    check: [],
    onFailure: 'hold',
    unit: 'other',
    with: { joiner: { cel: 'one' } },
    loop: { over: 'hosts', on: [{ op: 'add', of: { hosts: [hostName('h1'), hostName('h2')] } }], as: 'one' },
  };
  const inner = aRun('look', { effect: 'read', on: [{ op: 'add', of: { expr: { cel: 'joiner' } } }] });
  const other = aUnit('other', [inner], { inputs: { joiner: { kind: 'host' } } });
  expect(asked(aPlan([use], {}, { other }))).toEqual(['join[h1]/look h1 read', 'join[h2]/look h2 read']);
});

test('hosts that inputs decide are asked', () => {
  const on: RunStep['on'] = [
    { op: 'add', of: { expr: { cel: 'members' } } },
    { op: 'remove', of: { expr: { cel: 'gone' } } },
  ];
  const inputs = { members: [{ $host: 'h1' }, { $host: 'h2' }], gone: [{ $host: 'h1' }] };
  expect(asked(aPlan([aRun('look', { effect: 'read', on })], { inputs }))).toEqual(['look h2 read']);
});

test('a script that names the run is asked under an id that no run has', () => {
  const env = { COPY: ['backup/', { cel: 'run.id' }] };
  const [question] = questionsOf(aPlan([aRun('look', { effect: 'read', env })]));
  expect(question?.env).toEqual({ COPY: 'backup/not-started' });
});

test('what only reads behind a change that may or may not happen is left to the run', () => {
  const steps = [aRun('put', { when: { cel: 'look.ok' } }), aRun('see', { effect: 'read' })];
  expect(asked(aPlan(steps))).toEqual([]);
});
