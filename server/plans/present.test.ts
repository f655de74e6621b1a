import { expect, test } from 'vitest';
import { digest, hostName } from '../../plan/ids.ts';
import type { HostSet, Plan, PlanHost, RunStep, Step, Unit } from '../../plan/plan.ts';
import { planView } from './present.ts';

const AT = { file: 'a.yaml', line: 1, column: 1 };
const COMMON = { at: AT, check: [], onFailure: 'hold' } as const;
const HOSTS = ['h1', 'h2', 'h3'];

function aHost(name: string): PlanHost {
  const about = { address: '127.0.0.1', port: 22, user: 'ada', zone: 'default' };
  return { ...about, name: hostName(name), groups: [], vars: {}, ssh: {} };
}

function on(cel: string, index?: number): HostSet[number] {
  return { op: 'add', of: { expr: { cel }, ...(index === undefined ? {} : { index }) } };
}

function without(cel: string): HostSet[number] {
  return { op: 'remove', of: { expr: { cel } } };
}

function aRun(id: string, hosts: HostSet, over: Partial<RunStep> = {}): RunStep {
  const how = { any: false, effect: 'change', mayFail: false, idempotent: false, onUnknown: 'ask' } as const;
  const script = { sha256: digest('script'), shell: 'sh -eu', includes: [] };
  return {
    ...COMMON,
    ...how,
    kind: 'run',
    id,
    on: hosts,
    env: {},
    outputs: {},
    sensitive: false,
    script,
    ...over,
  };
}

/** Picks a host out of what step `look` found. */
const CHOOSE: Step = {
  ...COMMON,
  kind: 'set',
  id: 'choose',
  values: [['seed', { cel: 'look.rows.max_by(r, r.revision).host' }]],
  choose: [],
};

function aUnit(name: string, steps: readonly Step[], inputs: Unit['inputs'] = {}): Unit {
  return { name, inputs, hostVars: [], steps, outputs: {}, report: [] };
}

function viewOf(steps: readonly Step[], other: Unit = aUnit('other', [])) {
  const plan: Plan = {
    format: 1,
    interpreter: 1,
    runbook: 'main',
    summary: '',
    sources: [],
    inputs: { members: HOSTS.map(($host) => ({ $host })), gone: [{ $host: 'h2' }], writes: 300 },
    hosts: HOSTS.map(aHost),
    locks: [],
    onFailure: 'hold',
    main: 'main',
    units: { main: aUnit('main', steps), other },
  };
  const { steps: views } = planView(plan, 'd', { warnings: [] });
  return new Map(views.map((view) => [view.path, view]));
}

test('hosts that inputs decide are named', () => {
  const views = viewOf([
    aRun('all', [on('members'), without('gone')]),
    aRun('first', [on('members', 0)]),
    aRun('picked', [on('members.filter(m, not(m in gone))', -1)]),
  ]);
  expect(views.get('all')?.hosts).toEqual(['h1', 'h3']);
  expect(views.get('first')?.hosts).toEqual(['h1']);
  expect(views.get('picked')?.hosts).toEqual(['h3']);
});

test('of hosts that a step chooses: which step, and among which', () => {
  const look = aRun('look', [on('members'), without('gone')]);
  const views = viewOf([look, CHOOSE, aRun('force', [on('seed')])]);
  expect(views.get('force')?.hosts).toBeUndefined();
  expect(views.get('force')?.hosts_from).toBe('decided by step choose, among h1, h3');
});

test('where nothing says where hosts come from, the words of the file stand', () => {
  const views = viewOf([aRun('where', [on('elsewhere', 1), without('gone')])]);
  expect(views.get('where')?.hosts_from).toBe('elsewhere[1]:!gone');
});

test('a used runbook gets what it is passed, known or chosen', () => {
  const inputs = { members: { kind: 'hosts' }, one: { kind: 'host' } } as const;
  const other = aUnit('other', [aRun('all', [on('members')]), aRun('one', [on('one')])], inputs);
  const use: Step = {
    ...COMMON,
    kind: 'use',
    id: 'use',
    unit: 'other',
    with: { members: { cel: 'members' }, one: { cel: 'seed' } },
  };
  const views = viewOf([aRun('look', [on('members')]), CHOOSE, use], other);
  expect(views.get('use/all')?.hosts).toEqual(HOSTS);
  expect(views.get('use/one')?.hosts_from).toBe('decided by step choose, among h1, h2, h3');
});

test('steps of a loop over known hosts show all of them, and its title names what differs in words', () => {
  const group = (as: string, set: HostSet): Step => ({
    ...COMMON,
    kind: 'group',
    id: as,
    title: [{ cel: `${as}.name` }, ' joins'],
    parallel: false,
    steps: [aRun('start', [on(as)])],
    loop: { over: 'hosts', on: set, as },
  });
  const views = viewOf([group('joiner', [on('members'), without('gone')]), group('lone', [on('gone')])]);
  expect(views.get('joiner')).toMatchObject({ title: '… joins', loop: 'joiner in h1, h3' });
  expect(views.get('joiner/start')?.hosts).toEqual(['h1', 'h3']);
  expect(views.get('lone')?.title).toBe('h2 joins');
});

test('a loop that a later choice narrows says so', () => {
  const loop = { over: 'hosts', on: [on('members'), without('seed')], as: 'joiner' } as const;
  const steps = [aRun('start', [on('joiner')])];
  const join: Step = { ...COMMON, kind: 'group', id: 'join', parallel: false, steps, loop };
  const views = viewOf([aRun('look', [on('members')]), CHOOSE, join]);
  expect(views.get('join')?.loop).toBe('joiner in h1, h2, h3, decided by step choose');
  expect(views.get('join/start')?.hosts_from).toBe('decided by step choose, among h1, h2, h3');
});

test('values of inputs stand in titles', () => {
  const views = viewOf([aRun('write', [on('members')], { title: [{ cel: 'writes' }, ' writes'] })]);
  expect(views.get('write')?.title).toBe('300 writes');
});

test('a step says as whom it runs; of a wait, as whom it asks', () => {
  const become = { method: 'sudo', user: ['etcd'] } as const;
  const done = {
    script: { sha256: digest('d'), shell: 'sh', includes: [] },
    everyMs: 1,
    withinMs: 1,
    become,
  };
  const views = viewOf([
    aRun('run', [on('members')], { become }),
    aRun('wait', [on('members')], { waits: true, done }),
    aRun('plain', [on('members')], { done }),
  ]);
  expect([...views.values()].map((view) => view.become)).toEqual(['etcd', 'etcd', undefined]);
});
