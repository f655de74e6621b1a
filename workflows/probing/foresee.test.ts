import { expect, it } from 'vitest';
import { toText } from '../../plan/expressions/text.ts';
import { SecretRef } from '../../plan/expressions/values.ts';
import { digest, hostName, runId } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Plan, RunStep, Step } from '../../plan/plan.ts';
import type { Expectation } from '../../plan/probes.ts';
import type { HostTask, RoundRequest } from '../../plan/rounds.ts';
import { cel, gateStep, hosts, once, planOf, runStep, template } from '../interpreter/walk.fixture.ts';
import { foresee } from './foresee.ts';

type Answer = (request: RoundRequest, task: HostTask) => Omit<HostResult, 'host' | 'generation'>;

const DONE = { script: { sha256: digest('done'), shell: 'sh', includes: [] }, everyMs: 1, withinMs: 1 };
const works: Answer = () => ({ outcome: 'succeeded' });
const input = { probe: runId('p1'), plan: digest('p'), limits: { questionMs: 10_000, allMs: 60_000 } };

async function foreseen(plan: Plan, answer: Answer = works, msEach = 0) {
  const requests: RoundRequest[] = [];
  let now = 0;
  const report = await foresee(input, plan, {
    now: () => now,
    texts: async (digests) => digests,
    ask: async (request) => {
      requests.push(request);
      now += msEach;
      return request.tasks.map((task) => ({ ...answer(request, task), host: task.host, generation: 0 }));
    },
  });
  const asked = requests.flatMap(({ step, probe, tasks }) =>
    tasks.map(({ host }) => `${step} ${probe} ${host}`),
  );
  return { report, requests, asked, tells: report.expectations.map(told) };
}

function told({ step, what, hosts: on, says, about, behind }: Expectation): string {
  return [step, what, on.join(','), about, says, behind].filter((part) => part).join(' ');
}

function change(id: string, more: Partial<RunStep> = {}): RunStep {
  return runStep(id, { done: DONE, ...more });
}

function read(id: string, more: Partial<RunStep> = {}): RunStep {
  return runStep(id, { effect: 'read', ...more });
}

const only = (host: string): RunStep['on'] => [{ op: 'add', of: { hosts: [hostName(host)] } }];

it('asks a step that only reads itself and a change whether it is done, and nothing else', async () => {
  const { asked, tells, requests } = await foreseen(
    planOf([
      read('look', { on: only('a') }),
      change('put', { on: only('a') }),
      runStep('blind', { on: only('a') }),
    ]),
    (request) =>
      request.probe === 'done' ? { outcome: 'failed', rc: 1, reason: 'no file' } : { outcome: 'succeeded' },
  );
  expect(asked).toEqual(['look read a', 'put done a']);
  expect(tells).toEqual([
    'look answers a',
    'put would_change a not done yet: no file',
    'blind would_change a',
  ]);
  expect(requests.map(({ work, effect }) => [work.kind, effect])).toEqual([
    ['exec', 'read'],
    ['exec', 'read'],
  ]);
  expect(requests[1]?.work).toMatchObject({ script: DONE.script });
});

it('carries what hosts say on: to environments, conditions, names, hosts that are chosen, and requirements', async () => {
  const outputs = { free: { type: { kind: 'int' } } } as const;
  const best: Step = {
    ...once,
    id: 'choose',
    kind: 'set',
    values: [['best', cel('look.rows.max_by(r, r.free).host')]],
    choose: [
      ['big', cel('look.rows.exists(r, r.free > 100)')],
      ['small', cel('true')],
    ],
  };
  const steps = [
    read('look', {
      outputs,
      check: [{ words: 'room', holds: cel('look.free > 15'), figures: ['look.free'] }],
    }),
    best,
    change('act', {
      on: [{ op: 'add', of: { expr: cel('best') } }],
      when: cel('choose.choice == "big"'),
      env: { FREE: template('look.free') },
    }),
  ];
  const free: { readonly [host: string]: number } = { a: 10, b: 300, c: 20 };
  const { requests, tells } = await foreseen(planOf(steps), (_, { host }) => ({
    outcome: 'succeeded',
    outputs: { free: free[host] ?? 0 },
  }));
  expect({ ...requests[1]?.env, ...requests[1]?.tasks[0]?.env }).toEqual({ FREE: '300' });
  expect(tells).toEqual([
    'look answers a,b,c',
    'look would_stop a not met: room (free = 10)',
    'look met b,c room',
    'choose known',
    'act done b',
  ]);
});

it('what only reads behind a change is left to the run, and what is done now may not be so then', async () => {
  const { asked, tells } = await foreseen(
    planOf([
      runStep('stop', { on: only('a') }),
      read('see', { on: only('a') }),
      change('start', { on: only('a') }),
    ]),
  );
  expect(asked).toEqual(['start done a']);
  expect(tells).toEqual([
    'stop would_change a',
    'see unknown a it looks at what stop will have done',
    'start done a stop',
  ]);
});

it('where everything is done already nothing stands before what only reads', async () => {
  const { tells } = await foreseen(planOf([change('put'), read('see')]));
  expect(tells).toEqual(['put done a,b,c', 'see answers a,b,c']);
});

it('a request whose done has no answer may or may not be sent, and the host is asked the next thing all the same', async () => {
  const register: Step = {
    ...runStep('register', { on: only('a') }),
    kind: 'http',
    request: { method: 'POST', url: ['http://x'], headers: {}, via: 'host', expect: { status: [200] } },
    outputs: {},
    done: {
      request: { method: 'GET', url: ['http://x'], headers: {}, via: 'host', expect: { status: [200] } },
      holds: cel('json.there'),
      everyMs: 1,
      withinMs: 1,
    },
  };
  const { asked, tells } = await foreseen(planOf([register, change('put', { on: only('a') })]), ({ work }) =>
    work.kind === 'http'
      ? { outcome: 'failed', reason: "its done can't be asked: refused" }
      : { outcome: 'succeeded' },
  );
  expect(asked).toEqual(['register done a', 'put done a']);
  expect(tells).toEqual(["register unknown a its done can't be asked: refused", 'put done a register']);
});

it('a host that does not answer is not asked again, and the others are', async () => {
  const { asked, tells } = await foreseen(planOf([read('one'), change('two')]), (_, { host }) =>
    host === 'b' ? { outcome: 'unreachable', reason: 'refused' } : { outcome: 'succeeded' },
  );
  expect(asked).toEqual(['one read a', 'one read b', 'one read c', 'two done a', 'two done c']);
  expect(tells).toEqual([
    'one answers a,c',
    'one unknown b refused',
    'two unknown b refused',
    'two done a,c',
  ]);
});

it('of a step that some hosts are silent of, a host’s own values are known and those of all are not', async () => {
  const outputs = { n: { type: { kind: 'int' } } } as const;
  const steps = [
    read('look', { outputs }),
    read('own', { env: { N: template('look.n') } }),
    read('all', { env: { N: template('look.rows.map(r, r.n).max()') }, on: only('a') }),
  ];
  const { asked, tells } = await foreseen(planOf(steps), (_, { host }) =>
    host === 'b'
      ? { outcome: 'timed_out', reason: 'no answer' }
      : { outcome: 'succeeded', outputs: { n: 1 } },
  );
  expect(asked.slice(3)).toEqual(['own read a', 'own read c']);
  expect(tells.at(-1)).toBe('all unknown a no answer');
});

it('what fails would stop the run, unless it may or is tried again', async () => {
  const { tells } = await foreseen(
    planOf([
      read('may', { mayFail: true, on: only('a') }),
      read('again', { retry: { times: 3, everyMs: 1, backoff: 1 }, on: only('a') }),
      read('must', { on: only('a') }),
    ]),
    () => ({ outcome: 'failed', reason: 'no' }),
  );
  expect(tells).toEqual([
    'may answers a it fails, as it may: no',
    'again unknown a it fails now, and is tried again when it runs: no',
    'must would_stop a no',
  ]);
});

it('what its condition leaves out is not asked; a condition that only the run can tell is said to be one', async () => {
  const { asked, tells } = await foreseen(
    planOf([
      read('no', { when: cel('false'), on: only('a') }),
      runStep('put', { on: only('a'), outputs: { ok: { type: { kind: 'bool' } } } }),
      change('perhaps', { when: cel('put.ok'), on: only('a') }),
      gateStep('go', { when: cel('put.ok') }),
    ]),
  );
  expect(asked).toEqual([]);
  expect(tells).toEqual([
    'no skipped a false',
    'put would_change a',
    'perhaps unknown a whether it happens put has not run',
    'go unknown whether it happens put has not run',
  ]);
});

it('a step with a secret is asked as a run asks it: by its name, which only the worker opens', async () => {
  const plan = {
    ...planOf([read('with', { env: { TOKEN: template('token') }, on: only('a') })]),
    inputs: { token: { $secret: 'env:TOKEN' } },
  };
  const { tells, requests } = await foreseen(plan);
  expect(tells).toEqual(['with answers a']);
  expect(requests[0]?.env.TOKEN).toBe(toText(new SecretRef('env:TOKEN')));
});

it('of what is sensitive it is asked whether it works or is done; what it says is neither read nor known', async () => {
  const outputs = { key: { type: { kind: 'string' }, sensitive: true } } as const;
  const plan = planOf([
    change('make', { on: only('a'), outputs }),
    read('get', { on: only('a'), outputs }),
    read('use', { on: only('a'), env: { KEY: template('get.key') } }),
    read('quiet', { on: only('a'), sensitive: true }),
  ]);
  const { requests, tells } = await foreseen(plan);
  expect(requests.map(({ outputs, sensitive }) => [outputs, sensitive])).toEqual([
    [{}, true],
    [{}, true],
    [{}, true],
  ]);
  expect(tells).toEqual([
    'make done a',
    'get answers a',
    'use unknown a it is sensitive, which only a run may know',
    'quiet answers a',
  ]);
});

it('a question is put as whom the step says: of done, as whom done says', async () => {
  const root = { become: { method: 'sudo' as const, user: ['root'] } };
  const bob = { become: { method: 'sudo' as const, user: ['bob'], password: { cel: 'token' } } };
  const plan = {
    ...planOf([
      read('look', { ...root, on: only('a') }),
      change('put', { ...root, done: { ...DONE, ...bob }, on: only('a') }),
    ]),
    inputs: { token: { $secret: 'env:TOKEN' } },
  };
  const { requests, tells } = await foreseen(plan);
  expect(requests.map(({ tasks }) => tasks[0]?.become?.user)).toEqual(['root', 'bob']);
  expect(tells).toEqual(['look answers a', 'put done a']);
});

it('a question that can not be put would stop the run, unless a change comes before it', async () => {
  const { tells } = await foreseen(
    planOf([change('put', { on: only('a') }), change('more', { on: only('a') })]),
    () => ({ outcome: 'failed', reason: 'nothing was run as root' }),
  );
  expect(tells).toEqual([
    'put would_stop a nothing was run as root',
    'more unknown a as things are before put: nothing was run as root',
  ]);
});

it('a copy is compared, and what differs is said', async () => {
  const file = { path: 'c', sha256: digest('c'), bytes: 1, executable: false };
  const copy: Step = {
    ...once,
    id: 'conf',
    kind: 'copy',
    effect: 'change',
    on: only('a'),
    from: { kind: 'file', file },
    to: ['conf'],
    env: {},
    any: false,
    mayFail: false,
    sensitive: false,
    idempotent: true,
    onUnknown: 'retry',
    outputs: {},
  };
  const there = await foreseen(planOf([copy, read('see', { on: only('a') })]));
  expect(there.requests[0]).toMatchObject({
    probe: 'done',
    effect: 'read',
    work: { kind: 'copy', id: 'conf' },
  });
  expect(there.tells).toEqual(['conf done a', 'see answers a']);
  const differs = await foreseen(planOf([copy]), () => ({ outcome: 'failed', rc: 1, reason: 'conf (new)' }));
  expect(differs.tells).toEqual(['conf would_change a conf (new)']);
  const late = await foreseen(planOf([copy, change('put', { on: only('a') })]), ({ work }) =>
    work.kind === 'copy'
      ? { outcome: 'timed_out', reason: 'not compared within 10 s' }
      : { outcome: 'succeeded' },
  );
  expect(late.tells).toEqual(['conf unknown a not compared within 10 s', 'put done a conf']);
});

it('turns that come one after the other stand behind the changes of those before; turns at once do not', async () => {
  const group = (serial?: { hosts: number }): Step => ({
    ...once,
    id: 'each',
    kind: 'group',
    parallel: false,
    steps: [
      read('see', { on: [{ op: 'add', of: { expr: cel('x') } }] }),
      runStep('put', { on: [{ op: 'add', of: { expr: cel('x') } }] }),
    ],
    loop: { over: 'hosts', on: [{ op: 'add', of: { hosts } }], as: 'x', ...(serial ? { serial } : {}) },
  });
  expect((await foreseen(planOf([group()]))).asked).toEqual([
    'each[a]/see read a',
    'each[b]/see read b',
    'each[c]/see read c',
  ]);
  expect((await foreseen(planOf([group({ hosts: 1 })]))).asked).toEqual(['each[a]/see read a']);
});

it('asks hosts of another zone there, and none once the time is over', async () => {
  const base = planOf([read('one'), read('two')]);
  const plan = { ...base, hosts: base.hosts.map((host, at) => (at === 2 ? { ...host, zone: 'far' } : host)) };
  const { requests, tells } = await foreseen(plan, works, 40_000);
  expect(requests.map(({ zone, tasks }) => [zone, tasks.length])).toEqual([
    ['default', 2],
    ['far', 1],
  ]);
  expect(tells).toContain('two unknown a,b,c there was no time left to ask (60 s for a plan)');
});

it('of a step for any host the first that answers is asked', async () => {
  const { asked, tells } = await foreseen(planOf([read('any', { any: true })]), (_, { host }) =>
    host === 'a' ? { outcome: 'failed', reason: 'no' } : { outcome: 'succeeded' },
  );
  expect(asked).toEqual(['any read a', 'any read b']);
  expect(tells).toEqual(['any answers a it fails: no', 'any answers b', 'any skipped a,c b answers']);
});
