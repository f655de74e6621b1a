import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { digest, hostName } from '../../plan/ids.ts';
import type { Step, Unit } from '../../plan/plan.ts';
import {
  cel,
  gateStep,
  hosts,
  once,
  planOf,
  runStep,
  settle,
  start,
  template,
  works,
} from './walk.fixture.ts';

describe('a walk', () => {
  it('runs steps top to bottom, takes the locks before and gives them back after', async () => {
    const { port, end } = start(planOf([runStep('one'), runStep('two')]), works);
    expect(await end).toMatchObject({ status: 'succeeded' });
    expect(port.rounds.map((round) => round.step)).toEqual(['one', 'two']);
    expect(port.locksTaken).toEqual([]);
    expect(port.kinds().at(-1)).toBe('run.ended');
  });

  it('lets expressions see rows, the only host, and what was chosen', async () => {
    const outputs = { free: { type: { kind: 'int' } } } as const;
    const plan = planOf(
      [
        runStep('look', { outputs }),
        {
          ...once,
          id: 'choose',
          kind: 'set',
          values: [['best', cel('look.rows.max_by(r, r.free).host')]],
          choose: [
            ['big', cel('look.rows.exists(r, r.free > 100)')],
            ['small', cel('true')],
          ],
        },
        runStep('act', {
          on: [{ op: 'add', of: { expr: cel('best') } }],
          env: { BEST: template('best'), FREE: template('look.free') },
        }),
      ],
      { outputs: { best: cel('best.name'), size: cel('choose.choice') } },
    );
    const free: { readonly [host: string]: number } = { a: 10, b: 300, c: 20 };
    const seen: unknown[] = [];
    const { port, end } = start(plan, (request, task) => {
      if (request.step === 'act') seen.push({ ...request.env, ...task.env });
      return { outcome: 'succeeded', outputs: { free: free[task.host] ?? 0 } };
    });
    expect(await end).toMatchObject({ status: 'succeeded', outputs: { best: 'b', size: 'big' } });
    expect(port.rounds[1]).toEqual({ step: 'act', hosts: ['b'] });
    expect(seen).toEqual([{ BEST: 'b', FREE: '300' }]);
  });

  it('goes a batch at a time where serial says so, and stops before the next batch when one fails', async () => {
    const plan = planOf([runStep('roll', { serial: { hosts: 1 } })]);
    const started = start(plan, (_, task) => ({ outcome: task.host === 'b' ? 'failed' : 'succeeded' }));
    await settle();
    expect(started.port.rounds.map((round) => round.hosts)).toEqual([['a'], ['b']]);
    expect(await started.ask({ kind: 'skip' })).toMatchObject({ taken: true });
    await started.end;
    expect(started.port.rounds.map((round) => round.hosts)).toEqual([['a'], ['b'], ['c']]);
  });
});

describe('a failure', () => {
  it('holds the run, and a retry asks for a new generation on the failed hosts only', async () => {
    const started = start(planOf([runStep('one')]), (_, task) => ({
      outcome: task.host === 'b' && task.generation === 0 ? 'failed' : 'succeeded',
      reason: 'no space',
    }));
    expect(await started.ask({ kind: 'retry' })).toEqual({ taken: true, says: 'It runs again: one on b.' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.rounds.map((round) => round.hosts)).toEqual([['a', 'b', 'c'], ['b']]);
    expect(started.port.entries.find((entry) => entry.kind === 'run.held')?.data).toMatchObject({
      hosts: ['b'],
      why: 'b: failed, no space',
    });
  });

  it('is retried by itself within its limits where it says of itself that it is transient', async () => {
    const retry = { times: 3, everyMs: 1000, backoff: 2 };
    const started = start(planOf([runStep('one', { retry })]), (_, task) =>
      task.generation < 2 ? { outcome: 'failed', rc: 75, transient: true } : { outcome: 'succeeded' },
    );
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    const waits = started.port.entries.flatMap((entry) =>
      entry.kind === 'generation.opened' ? [entry.data.notBefore - entry.at] : [],
    );
    expect(waits).toEqual([1000, 2000]);
  });

  it('is retried at whole milliseconds, whatever the wait grows by', async () => {
    const retry = { times: 5, everyMs: 1000, backoff: 1.5 };
    const started = start(planOf([runStep('one', { retry })]), (_, task) =>
      task.generation < 5 ? { outcome: 'failed', rc: 75, transient: true } : { outcome: 'succeeded' },
    );
    await started.end;
    const moments = started.port.entries.flatMap((entry) =>
      entry.kind === 'generation.opened' ? [entry.data.notBefore] : [],
    );
    expect(moments).toHaveLength(5);
    expect(moments.filter((at) => !Number.isInteger(at))).toEqual([]);
  });

  it('says the words and the figures of a check that is not met, for the host that it is not met on', async () => {
    const step = runStep('room', {
      effect: 'read',
      outputs: { free: { type: { kind: 'int' } }, need: { type: { kind: 'int' } } },
      check: [
        {
          words: 'room for two copies',
          holds: cel('room.free >= room.need'),
          figures: ['room.free', 'room.need'],
        },
      ],
    });
    const started = start(planOf([step]), (_, task) => ({
      outcome: 'succeeded',
      outputs: { free: task.host === 'b' ? 1 : 9, need: 5 },
    }));
    await settle();
    expect(started.port.entries.find((entry) => entry.kind === 'run.held')?.data).toMatchObject({
      why: 'b: failed, not met: room for two copies (free = 1, need = 5)',
    });
    await started.ask({ kind: 'abort', rollback: false });
    expect(await started.end).toMatchObject({ status: 'cancelled' });
  });

  it('with on_failure continue takes the host out of later steps, and the run ends failed', async () => {
    const started = start(
      planOf([runStep('one', { onFailure: 'continue' }), runStep('two')]),
      (request, task) => ({ outcome: request.step === 'one' && task.host === 'c' ? 'failed' : 'succeeded' }),
    );
    expect(await started.end).toMatchObject({ status: 'failed' });
    expect(started.port.rounds[1]?.hosts).toEqual(['a', 'b']);
  });
});

describe('an unknown outcome', () => {
  it('is settled by done where nothing of the command is left alive', async () => {
    const done = { script: { sha256: digest('done'), shell: 'sh', includes: [] }, everyMs: 1, withinMs: 0 };
    const started = start(planOf([runStep('one', { done })]), (request) =>
      request.work.kind === 'exec' ? { outcome: 'succeeded' } : { outcome: 'unknown', sessionLives: false },
    );
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.kinds()).toContain('unknown.resolved');
  });

  it('waits for a person’s word; run again the host looks, and it is unknown again while its processes live', async () => {
    const started = start(
      planOf([runStep('one', { on: [{ op: 'add', of: { hosts: [hostName('a')] } }] })]),
      () => ({ outcome: 'unknown', sessionLives: true }),
    );
    expect(await started.ask({ kind: 'retry' })).toMatchObject({
      taken: false,
      why: 'Whether it ran on a is not known.',
    });
    expect(await started.ask({ kind: 'resolve', host: hostName('a'), as: 'run_again' })).toMatchObject({
      taken: true,
      says: 'a: it runs again, once the host sees nothing of it alive.',
    });
    await settle();
    expect(started.port.rounds).toHaveLength(2);
    expect(await started.ask({ kind: 'resolve', host: hostName('a'), as: 'succeeded' })).toMatchObject({
      taken: true,
    });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it.for([
    ['a change', { effect: 'change', idempotent: true }, false, 4],
    ['a change whose processes may live', { effect: 'change', idempotent: true }, undefined, 1],
    ['what only reads, whether or not something of it lives', { effect: 'read' }, undefined, 4],
    ['what only reads and is seen alive', { effect: 'read' }, true, 1],
  ] as const)('that may be run again by itself: %s', async ([, fields, sessionLives, rounds]) => {
    const on = [{ op: 'add', of: { hosts: [hostName('a')] } }] as const;
    const started = start(planOf([runStep('one', { on, ...fields })]), () => ({
      outcome: 'unknown',
      startedAt: 1,
      endedAt: 2,
      ...(sessionLives === undefined ? {} : { sessionLives }),
    }));
    await settle();
    expect(started.port.rounds).toHaveLength(rounds);
    expect(await started.ask({ kind: 'resolve', host: hostName('a'), as: 'succeeded' })).toMatchObject({
      taken: true,
    });
    await started.end;
  });
});

describe('a gate', () => {
  const gate = gateStep('go', { count: 2, allowRequester: false });

  it('lets nothing through before it is approved', async () => {
    const started = start(planOf([gate, runStep('one')]), works);
    await settle();
    expect(started.port.rounds).toEqual([]);
    expect(await started.ask({ kind: 'approve' })).toEqual({
      taken: true,
      says: 'Approved by one person, no second pair of eyes.',
    });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('is asked again before a destroy step runs once more', async () => {
    const destroy = runStep('wipe', { effect: 'destroy' });
    const started = start(planOf([gate, destroy]), (_, task) => ({
      outcome: task.generation === 0 ? 'failed' : 'succeeded',
    }));
    await started.ask({ kind: 'approve' });
    expect(await started.ask({ kind: 'retry' })).toMatchObject({ taken: true });
    await settle();
    expect(started.port.rounds).toHaveLength(1);
    await started.ask({ kind: 'approve' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.entries.filter((entry) => entry.kind === 'gate.opened')).toHaveLength(2);
  });

  it('rejected is a failed step: the run is held', async () => {
    const started = start(planOf([gate]), works);
    await started.ask({ kind: 'reject' });
    await settle();
    expect(started.port.entries.find((entry) => entry.kind === 'run.held')?.data).toMatchObject({
      step: 'go',
    });
    await started.ask({ kind: 'abort', rollback: false });
    expect(await started.end).toMatchObject({ status: 'cancelled' });
  });
});

describe('what people ask', () => {
  it('takes effect once, however often the same ask arrives', async () => {
    const started = start(planOf([runStep('one')]), (_, task) => ({
      outcome: task.generation < 2 ? 'failed' : 'succeeded',
    }));
    const [first, second] = await Promise.all([
      started.ask({ kind: 'retry' }, 'same'),
      started.ask({ kind: 'retry' }, 'same'),
    ]);
    expect(first).toEqual(second);
    await settle();
    expect(started.port.rounds).toHaveLength(2);
    await started.ask({ kind: 'retry' });
    await started.end;
  });

  it('is refused with what the run does wait for', async () => {
    const started = start(planOf([runStep('one')]), () => ({ outcome: 'failed' }));
    expect(await started.ask({ kind: 'approve' })).toMatchObject({
      taken: false,
      why: expect.stringContaining('one waits for retry, skip, abort'),
    });
    await started.ask({ kind: 'abort', rollback: false });
    await started.end;
  });

  it('a skip is asked for the outputs that later steps read, typed', async () => {
    const outputs = { id: { type: { kind: 'int' } } } as const;
    const one = runStep('one', { outputs, on: [{ op: 'add', of: { hosts: [hostName('a')] } }] });
    const started = start(planOf([one, runStep('two', { env: { ID: template('one.id') } })]), (request) => ({
      outcome: request.step === 'one' ? 'failed' : 'succeeded',
    }));
    expect(await started.ask({ kind: 'skip' })).toMatchObject({
      taken: false,
      why: 'Later steps need one.id.',
    });
    expect(await started.ask({ kind: 'skip', outputs: { id: 'x' } })).toMatchObject({ taken: false });
    expect(await started.ask({ kind: 'skip', outputs: { id: '7' } })).toMatchObject({ taken: true });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('pause holds the walk before its next step until resume', async () => {
    const gate = gateStep('go');
    const started = start(planOf([gate, runStep('one')]), works);
    await started.ask({ kind: 'pause' });
    await started.ask({ kind: 'approve' });
    await settle();
    expect(started.port.rounds).toEqual([]);
    await started.ask({ kind: 'resume' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });
});

describe('a loop', () => {
  const callee: Unit = {
    name: 'callee',
    inputs: { members: { kind: 'hosts' }, joiner: { kind: 'host' } },
    hostVars: [['peer', ['http://', cel('host.address'), ':2380']]],
    steps: [
      runStep('start', {
        on: [{ op: 'add', of: { expr: cel('joiner') } }],
        env: { PEERS: template('members.map(m, m.peer).join(",")') },
      }),
    ],
    outputs: { who: cel('joiner.name') },
    report: [],
  };

  it('uses a unit for each host in turn, which sees names and host_vars of its own', async () => {
    const use: Step = {
      ...once,
      id: 'join',
      kind: 'use',
      unit: 'callee',
      with: { members: cel('everyone'), joiner: cel('x') },
      loop: { over: 'hosts', on: [{ op: 'add', of: { hosts } }], as: 'x', serial: { hosts: 1 } },
    };
    const everyone: Step = {
      ...once,
      id: 'names',
      kind: 'set',
      values: [['everyone', cel('seen.rows.map(r, r.host)')]],
      choose: [],
    };
    const plan = planOf(
      [runStep('seen'), everyone, use],
      { outputs: { joined: cel('join.rows.map(r, r.who).join(" ")') } },
      { callee },
    );
    const envs: string[] = [];
    const { port, end } = start(plan, (request) => {
      if (request.env.PEERS) envs.push(request.env.PEERS);
      return { outcome: 'succeeded' };
    });
    expect(await end).toMatchObject({ status: 'succeeded', outputs: { joined: 'a b c' } });
    expect(port.rounds.slice(1).map((round) => round.step)).toEqual([
      'join[a]/start',
      'join[b]/start',
      'join[c]/start',
    ]);
    expect(envs[0]).toBe('http://127.0.0.a:2380,http://127.0.0.b:2380,http://127.0.0.c:2380');
  });
});

describe('a use', () => {
  it('hands hosts over by name, one where several are taken, and says which input a value does not fit', async () => {
    const callee: Unit = {
      name: 'callee',
      inputs: { members: { kind: 'hosts' }, times: { kind: 'int' } },
      hostVars: [],
      steps: [
        runStep('go', {
          on: [{ op: 'add', of: { expr: cel('members') } }],
          env: { FIRST: template('members[0].address') },
        }),
      ],
      outputs: {},
      report: [],
    };
    const use = (times: string): Step => ({
      ...once,
      onFailure: 'fail',
      id: 'call',
      kind: 'use',
      unit: 'callee',
      with: { members: cel('"b"'), times: cel(times) },
    });
    const { port, end } = start(planOf([use('"3"')], {}, { callee }), works);
    expect(await end).toMatchObject({ status: 'succeeded' });
    expect(port.rounds).toEqual([{ step: 'call/go', hosts: ['b'] }]);
    const wrong = start(planOf([use('"many"')], {}, { callee }), works);
    expect(await wrong.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('callee, input times:'),
    });
  });
});

describe('a title', () => {
  it('of a loop names each item where it happens, and for the whole leaves it out', async () => {
    const loop = { over: 'list', list: cel('["x", "y"]'), as: 'item', parallel: false } as const;
    const group: Step = {
      ...once,
      id: 'each',
      kind: 'group',
      title: [cel('item'), ' joins'],
      steps: [],
      parallel: false,
      loop,
    };
    const { port, end } = start(planOf([group]), works);
    await end;
    const titles = port.entries.flatMap((entry) => (entry.kind === 'step.started' ? [entry.data.title] : []));
    expect(titles).toEqual(['… joins', 'x joins', 'y joins']);
  });

  it('comes with the user as whom the step runs, where that is another one than who logs in', async () => {
    const become = { method: 'sudo', user: ['etcd'] } as const;
    const mine = { method: 'sudo', user: ['u-', cel('host.name')] } as const;
    const { port, end } = start(
      planOf([runStep('a', { become }), runStep('b', { become: mine }), runStep('c')]),
      works,
    );
    await end;
    const users = port.entries.flatMap((entry) => (entry.kind === 'step.started' ? [entry.data.become] : []));
    expect(users).toEqual(['etcd', 'u-…', undefined]);
  });
});

describe('a run that is walked again over its record', () => {
  it('runs nothing a second time, and keeps the answers that were given', async () => {
    const gate = gateStep('go');
    const plan = planOf([runStep('one'), gate, runStep('two')]);
    const ledger = new Map<string, Entry>();
    const first = start(
      plan,
      (request) => ({ outcome: request.step === 'two' ? 'failed' : 'succeeded' }),
      ledger,
    );
    await first.ask({ kind: 'approve' });
    await settle(); // held at two: here the engine is lost
    const again = start(plan, works, ledger, { epoch: 2 });
    expect(await again.ask({ kind: 'retry' }, 'later')).toMatchObject({ taken: true });
    expect(await again.end).toMatchObject({ status: 'succeeded' });
    expect(again.port.rounds).toEqual([{ step: 'two', hosts: ['a', 'b', 'c'] }]);
  });
});
