import { describe, expect, it } from 'vitest';
import type { Entry, EntryOf } from '../../ledger/events.ts';
import { digest, type HostName, hostName } from '../../plan/ids.ts';
import type { OperatorAction } from '../../plan/operator.ts';
import type { Plan, Rollback, RunStep, Step, Template } from '../../plan/plan.ts';
import type { Answer } from '../port.fake.ts';
import { cel, gateStep, once, planOf, runStep, settle, start, template, works } from './walk.fixture.ts';

const [a, b, c] = [hostName('a'), hostName('b'), hostName('c')];
const at = (...hosts: readonly HostName[]) => [{ op: 'add', of: { hosts } }] as const;
const rollBackAll: OperatorAction = { kind: 'abort', rollback: true };
const stop: OperatorAction = { kind: 'abort', rollback: false };

function rollback(env: { readonly [name: string]: Template } = {}): Rollback {
  return { script: { sha256: digest('undo'), shell: 'sh', includes: [] }, env };
}

function undoable(id: string, more: Partial<RunStep> = {}): RunStep {
  return runStep(id, { on: at(a), rollback: rollback(), ...more });
}

const fails = runStep('fails', { on: at(a), onFailure: 'rollback' });
/** What a command that has run answers; `fails` has run, and failed. */
const failsAtLast: Answer = ({ step }) =>
  step === 'fails' ? { outcome: 'failed', rc: 1, reason: 'no' } : { outcome: 'succeeded', rc: 0 };

function steps(rounds: readonly { readonly step: string }[]): readonly string[] {
  return rounds.map((round) => round.step);
}

function undone(rounds: readonly { readonly step: string; readonly hosts: readonly string[] }[]) {
  return rounds
    .filter(({ step }) => step.endsWith('/rollback'))
    .map(({ step, hosts }) => `${step.slice(0, -'/rollback'.length)} ${hosts.join(',')}`);
}

function entriesOf<K extends Entry['kind']>(entries: readonly Entry[], kind: K): readonly EntryOf<K>[] {
  return entries.filter((entry): entry is EntryOf<K> => entry.kind === kind);
}

describe('on_failure: rollback', () => {
  it('undoes what took effect, the last first, and ends rolled back', async () => {
    const started = start(planOf([undoable('one'), undoable('two'), fails]), failsAtLast);
    expect(await started.end).toEqual({
      status: 'rolled_back',
      why: 'fails: a: failed, no; not undone: fails on a',
    });
    expect(undone(started.port.rounds)).toEqual(['two a', 'one a']);
    expect(started.port.locksTaken).toEqual([]);
    const [ended] = entriesOf(started.port.entries, 'step.ended').filter(
      ({ data }) => data.step === 'one/rollback',
    );
    expect(ended?.data).toMatchObject({ outcome: 'rolled_back', hosts: { a: 'rolled_back' } });
    expect(entriesOf(started.port.entries, 'rollback.started').map(({ data }) => data)).toEqual([
      { why: 'fails: a: failed, no', steps: 2, undoes: ['one', 'two'], leaves: ['fails'] },
    ]);
  });

  it('keeps the locks until all is undone', async () => {
    const started = start(planOf([undoable('one'), fails]), (request, task) =>
      request.step === 'one/rollback' ? { outcome: 'failed', rc: 1 } : failsAtLast(request, task),
    );
    await settle();
    expect(started.port.locksTaken).toEqual(['host/a']);
    await started.ask({ kind: 'skip', step: 'one/rollback' as never });
    await started.end;
    expect(started.port.locksTaken).toEqual([]);
  });

  it('of a step that happens once does the same', async () => {
    const check: Step = {
      ...once,
      id: 'sane',
      kind: 'check',
      onFailure: 'rollback',
      check: [{ words: 'it is sane', holds: cel('1 > 2'), figures: [] }],
    };
    const started = start(planOf([undoable('one'), check]), works);
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    expect(undone(started.port.rounds)).toEqual(['one a']);
  });

  it('is stronger than another branch that only fails', async () => {
    const both: Step = {
      ...once,
      id: 'both',
      kind: 'group',
      parallel: true,
      steps: [{ ...fails, id: 'plain', onFailure: 'fail' }, fails],
    };
    const answer: Answer = ({ step }) => ({ outcome: step === 'one' ? 'succeeded' : 'failed', rc: 1 });
    const started = start(planOf([undoable('one'), both]), (request, task) =>
      request.step === 'one/rollback' ? { outcome: 'succeeded', rc: 0 } : answer(request, task),
    );
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
  });

  it('with nothing to undo ends as the failure does', async () => {
    const started = start(planOf([fails]), failsAtLast);
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('not undone: fails on a'),
    });
  });
});

describe('what is undone', () => {
  it('is only what took effect on that host', async () => {
    const outcomes: { readonly [host: string]: ReturnType<Answer> } = {
      a: { outcome: 'unchanged', rc: 0 },
      b: { outcome: 'succeeded', rc: 0 },
      c: { outcome: 'unreachable' },
    };
    const one = undoable('one', { on: at(a, b, c), mayFail: true });
    const none = undoable('none', { when: cel('false') });
    const started = start(planOf([one, none, fails]), (request, task) =>
      request.step === 'one' ? (outcomes[task.host] ?? { outcome: 'failed' }) : failsAtLast(request, task),
    );
    await started.end;
    expect(undone(started.port.rounds)).toEqual(['one b']);
  });

  it('is also what failed in the middle, and what was begun before it was found unchanged', async () => {
    const failed = undoable('failed', { mayFail: true });
    const again = undoable('again', { retry: { times: 1, everyMs: 1, backoff: 1 } });
    const started = start(planOf([failed, again, fails]), (request, task) => {
      if (request.step === 'failed') return { outcome: 'failed', rc: 3 };
      if (request.step !== 'again') return failsAtLast(request, task);
      return task.generation === 0
        ? { outcome: 'failed', rc: 75, transient: true }
        : { outcome: 'unchanged', rc: 0 };
    });
    await started.end;
    expect(undone(started.port.rounds)).toEqual(['again a', 'failed a']);
  });

  it('is not what was proven never to have begun, and not what a person skipped', async () => {
    const never = undoable('never', { mayFail: true });
    const skipped = undoable('skipped');
    const started = start(planOf([never, skipped, fails]), (request, task) => {
      if (request.step === 'never') return { outcome: 'failed', reason: 'no place for the job' };
      if (request.step === 'skipped') return { outcome: 'failed', rc: 1 };
      return failsAtLast(request, task);
    });
    await started.ask({ kind: 'skip' });
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('not undone: skipped on a; fails on a'),
    });
    expect(undone(started.port.rounds)).toEqual([]);
  });

  it('is a copy that failed with some of its files there', async () => {
    const { script: _, kind: __, ...common } = undoable('put', { mayFail: true });
    const put: Step = { ...common, kind: 'copy', from: { kind: 'folder', files: [] }, to: ['app'] };
    const started = start(planOf([put, fails]), (request, task) =>
      request.step === 'put' ? { outcome: 'failed' } : failsAtLast(request, task),
    );
    await started.end;
    expect(undone(started.port.rounds)).toEqual(['put a']);
  });

  it('of a step that only reads is nothing', async () => {
    const started = start(planOf([undoable('one', { effect: 'read' }), fails]), failsAtLast);
    await started.end;
    expect(undone(started.port.rounds)).toEqual([]);
  });

  it('goes back in batches as it came, the last first', async () => {
    const started = start(
      planOf([undoable('one', { on: at(a, b, c), serial: { hosts: 2 } }), fails]),
      failsAtLast,
    );
    await started.end;
    expect(undone(started.port.rounds)).toEqual(['one c', 'one a,b']);
  });

  it('goes back through loops, groups and used runbooks, last first', async () => {
    const inner = undoable('put', { on: [{ op: 'add', of: { expr: cel('h') } }] });
    const each: Step = {
      ...once,
      id: 'each',
      kind: 'group',
      parallel: false,
      loop: { over: 'hosts', on: at(a, b), as: 'h', serial: { hosts: 1 } },
      steps: [inner],
    };
    const used: Step = { ...once, id: 'used', kind: 'use', unit: 'other', with: {} };
    const unit = {
      name: 'other',
      inputs: {},
      hostVars: [],
      outputs: {},
      report: [],
      steps: [undoable('deep')],
    };
    const items: Step = {
      ...once,
      id: 'items',
      kind: 'group',
      parallel: false,
      loop: { over: 'list', list: cel('[1, 2]'), as: 'n', parallel: false },
      steps: [undoable('x')],
    };
    const side: Step = {
      ...once,
      id: 'side',
      kind: 'group',
      parallel: true,
      steps: [undoable('l'), undoable('r')],
    };
    const started = start(planOf([each, used, items, side, fails], {}, { other: unit }), failsAtLast);
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    const order = undone(started.port.rounds);
    expect(new Set(order.slice(0, 2))).toEqual(new Set(['side/l a', 'side/r a']));
    expect(order.slice(2)).toEqual([
      'items[1]/x a',
      'items[0]/x a',
      'used/deep a',
      'each[b]/put b',
      'each[a]/put a',
    ]);
  });

  it('knows the outputs of its own step, as recorded', async () => {
    const seen: unknown[] = [];
    const one = undoable('one', {
      on: at(a, b),
      outputs: { id: { type: { kind: 'string' } } },
      rollback: rollback({ ID: template('one.id') }),
    });
    const started = start(planOf([one, fails]), (request, task) => {
      if (request.step === 'one/rollback') seen.push(task.env.ID ?? request.env.ID);
      if (request.step === 'one') return { outcome: 'succeeded', rc: 0, outputs: { id: `of ${task.host}` } };
      return failsAtLast(request, task);
    });
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    expect(seen).toEqual(['of a', 'of b']);
  });

  it('of a group that a person asked for twice is each take with its own outputs', async () => {
    const seen: unknown[] = [];
    let takes = 0;
    const one = undoable('one', {
      outputs: { id: { type: { kind: 'int' } } },
      rollback: rollback({ ID: template('one.id') }),
    });
    const group: Step = {
      ...once,
      id: 'group',
      kind: 'group',
      parallel: false,
      steps: [one],
      check: [{ words: 'the second', holds: cel('one.id == 2'), figures: [] }],
    };
    const started = start(planOf([group, fails]), (request, task) => {
      if (request.step.endsWith('/rollback')) seen.push(request.env.ID);
      if (request.step.endsWith('/one')) return { outcome: 'succeeded', rc: 0, outputs: { id: ++takes } };
      return failsAtLast(request, task);
    });
    await started.ask({ kind: 'retry' });
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    expect(seen).toEqual(['2', '1']);
  });
});

describe('an abort with rollback', () => {
  const plan = planOf([undoable('one'), gateStep('go'), undoable('two')]);

  it('undoes what took effect, outside of the abort', async () => {
    const started = start(plan, works);
    expect(await started.ask(rollBackAll)).toMatchObject({
      taken: true,
      says: expect.stringContaining('what took effect is undone, last first'),
    });
    expect(await started.end).toMatchObject({ status: 'rolled_back', why: 'because' });
    expect(steps(started.port.rounds)).toEqual(['one', 'one/rollback']);
  });

  it('of a held step undoes its part as well', async () => {
    const started = start(planOf([undoable('one'), undoable('two')]), ({ step }) =>
      step === 'two' ? { outcome: 'failed', rc: 1 } : { outcome: 'succeeded', rc: 0 },
    );
    await started.ask(rollBackAll);
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    expect(undone(started.port.rounds)).toEqual(['two a', 'one a']);
  });

  it('waits until it is known what there is to undo', async () => {
    const started = start(planOf([undoable('one')]), ({ step }) =>
      step === 'one' ? { outcome: 'unknown', sessionLives: false } : { outcome: 'succeeded', rc: 0 },
    );
    await started.ask(rollBackAll);
    expect(undone(started.port.rounds)).toEqual([]);
    await started.ask({ kind: 'resolve', host: a, as: 'failed' });
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    expect(undone(started.port.rounds)).toEqual(['one a']);
  });

  it('of a run that changed nothing is an abort', async () => {
    const started = start(planOf([gateStep('go'), undoable('two')]), works);
    await started.ask(rollBackAll);
    expect(await started.end).toEqual({ status: 'cancelled', why: 'because' });
  });

  it('says what has no rollback', async () => {
    const started = start(
      planOf([runStep('wipe', { on: at(a, b), effect: 'destroy' }), undoable('one'), gateStep('go')]),
      works,
    );
    await started.ask(rollBackAll);
    expect(await started.end).toEqual({ status: 'rolled_back', why: 'because; not undone: wipe on a, b' });
  });
});

describe('a rollback that fails', () => {
  const plan = planOf([undoable('one'), undoable('two', { on: at(a, b) }), fails]);
  const held = 'two/rollback' as never;
  function failsOnB(until = 1): Answer {
    return (request, task) => {
      const broken = request.step === held && task.host === 'b' && task.generation < until;
      return broken ? { outcome: 'failed', rc: 7, reason: 'busy' } : failsAtLast(request, task);
    };
  }

  it('is held, and goes on when it is retried', async () => {
    const started = start(plan, failsOnB());
    await settle();
    expect(entriesOf(started.port.entries, 'run.held').map(({ data }) => data)).toMatchObject([
      { step: 'two/rollback', hosts: ['b'], why: 'b: failed, busy', offers: ['retry', 'skip', 'abort'] },
    ]);
    await started.ask({ kind: 'retry', step: held });
    expect(await started.end).toMatchObject({
      status: 'rolled_back',
      why: expect.not.stringContaining('two'),
    });
    expect(undone(started.port.rounds)).toEqual(['two a,b', 'two b', 'one a']);
  });

  it('is passed over when a person says so, and the run says that it stays', async () => {
    const started = start(plan, failsOnB(9));
    await started.ask({ kind: 'skip', step: held });
    expect(await started.end).toMatchObject({
      status: 'rolled_back',
      why: expect.stringContaining('not undone: two on b; fails on a'),
    });
    expect(undone(started.port.rounds)).toEqual(['two a,b', 'one a']);
  });

  it('ends the run when a person stops rolling back, with what is not undone', async () => {
    const started = start(plan, failsOnB(9));
    await settle();
    expect(await started.ask(rollBackAll)).toMatchObject({
      taken: false,
      why: 'The run is being rolled back already.',
    });
    expect(await started.ask(stop)).toMatchObject({ taken: true });
    expect(await started.end).toEqual({
      status: 'failed',
      why: 'fails: a: failed, no; rolling back ended: because; not undone: one on a; two on b; fails on a',
    });
    expect(undone(started.port.rounds)).toEqual(['two a,b']);
  });

  it('whose values can’t be had is held, and not guessed', async () => {
    const one = undoable('one', {
      outputs: { id: { type: { kind: 'string' } } },
      mayFail: true,
      rollback: rollback({ ID: template('one.id') }),
    });
    const started = start(planOf([one, fails]), () => ({ outcome: 'failed', rc: 1, reason: 'no' }));
    await settle();
    const [entry] = entriesOf(started.port.entries, 'run.held');
    expect(entry?.data.why).toContain('one.id has no value on a');
    await started.ask({ kind: 'skip' });
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
  });

  it('has the default that it says where a value is missing', async () => {
    const seen: unknown[] = [];
    const one = undoable('one', {
      outputs: { id: { type: { kind: 'string' } } },
      mayFail: true,
      rollback: rollback({ ID: template('one.get("id", "none")') }),
    });
    const started = start(planOf([one, fails]), (request) => {
      if (request.step === 'one/rollback') seen.push(request.env.ID);
      return { outcome: request.step === 'one/rollback' ? 'succeeded' : 'failed', rc: 1 };
    });
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
    expect(seen).toEqual(['none']);
  });

  it('with nobody there ends the run as failed', async () => {
    const started = start({ ...plan, onFailure: 'fail' }, failsOnB(9));
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining(
        'rolling back ended: two/rollback: b: failed, busy; not undone: one on a; two on b',
      ),
    });
  });

  it('in a way that can’t be known asks a person, who may stop it only with a word on that', async () => {
    const started = start(plan, (request, task) =>
      request.step === held && task.host === 'b'
        ? { outcome: 'unknown', sessionLives: false }
        : failsAtLast(request, task),
    );
    await settle();
    const [entry] = entriesOf(started.port.entries, 'run.held');
    expect(entry?.data.offers).toContain('resolve');
    await started.ask(stop);
    expect(started.port.kinds()).not.toContain('run.ended');
    await started.ask({ kind: 'resolve', step: held, host: b, as: 'succeeded' });
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('not undone: one on a; fails on a'),
    });
  });
});

describe('a run that is rolled back', () => {
  it('can be paused between two steps', async () => {
    const started = start(planOf([undoable('one'), undoable('two'), fails]), (request, task) =>
      request.step === 'two/rollback' && task.generation === 0
        ? { outcome: 'failed', rc: 1 }
        : failsAtLast(request, task),
    );
    await started.ask({ kind: 'pause' });
    await started.ask({ kind: 'retry' });
    await settle();
    expect(undone(started.port.rounds)).toEqual(['two a', 'two a']);
    await started.ask({ kind: 'resume' });
    expect(await started.end).toMatchObject({ status: 'rolled_back' });
  });

  const outputs = { id: { type: { kind: 'string' } } } as const;
  const one = undoable('one', {
    on: at(a, b),
    serial: { hosts: 1 },
    outputs,
    rollback: rollback({ ID: template('one.id') }),
  });
  const cases: readonly {
    readonly name: string;
    readonly plan: Plan;
    readonly asks: readonly OperatorAction[];
  }[] = [
    { name: 'by its own failure', plan: planOf([one, undoable('two'), fails]), asks: [] },
    {
      name: 'by an abort',
      plan: planOf([one, undoable('two'), gateStep('go'), undoable('three')]),
      asks: [rollBackAll],
    },
  ];

  for (const { name, plan, asks } of cases) {
    it(`${name} comes to the same end from every entry of its record, and does nothing twice`, async () => {
      const launched: string[] = [];
      const answer: Answer = (request, task) => {
        launched.push(`${request.step} ${task.host} ${task.generation}`);
        const own = request.step === 'one' ? { outputs: { id: task.host } } : {};
        return { ...failsAtLast(request, task), ...own };
      };
      const whole = new Map<string, Entry>();
      const first = start(plan, answer, whole);
      for (const ask of asks) await first.ask(ask);
      const end = await first.end;
      expect(end.status).toBe('rolled_back');
      const entries = [...whole];
      const all = [...launched];
      for (let length = 0; length < entries.length; length++) {
        launched.length = 0;
        const record = new Map(entries.slice(0, length));
        const before = attempts(record);
        const again = start(plan, answer, record, { epoch: 2 });
        if (!record.has('operator.end/ask-1-0')) for (const ask of asks) await again.ask(ask);
        expect(await again.end, `after ${length} entries`).toEqual(end);
        expect([...before, ...launched].toSorted(), `after ${length} entries`).toEqual(all.toSorted());
      }
    });
  }

  it('and was stopped on its way back is stopped at the same place when it is walked again', async () => {
    const plan = planOf([undoable('one'), undoable('two'), fails]);
    const answer: Answer = (request, task) =>
      request.step === 'two/rollback' ? { outcome: 'failed', rc: 1 } : failsAtLast(request, task);
    const record = new Map<string, Entry>();
    const first = start(plan, answer, record);
    await first.ask(stop);
    const end = await first.end;
    record.delete('r1/run.ended/end');
    const again = start(plan, answer, record, { epoch: 2 });
    expect(await again.end).toEqual(end);
    expect(again.port.rounds).toEqual([]);
  });
});

/** What was launched in a record, as a launch is named above. */
function attempts(record: ReadonlyMap<string, Entry>): readonly string[] {
  return entriesOf([...record.values()], 'attempt.ended')
    .filter(({ data }) => data.result.outcome !== 'cancelled')
    .map(({ data: { step, result } }) => `${step} ${result.host} ${result.generation}`);
}
