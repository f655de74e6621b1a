import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { hostName } from '../../plan/ids.ts';
import type { Answer } from '../port.fake.ts';
import { cel, gateStep, planOf, runStep, settle, start, template, works } from './walk.fixture.ts';

const [a, b] = [hostName('a'), hostName('b')];
const lost: Answer = (request, task) =>
  request.step !== 'two' && task.generation === 0
    ? { outcome: 'unknown', sessionLives: false }
    : { outcome: 'succeeded' };
const onTwo = { on: [{ op: 'add', of: { hosts: [a, b] } }] } as const;

describe('a decision about some of the hosts', () => {
  it('leaves the others held: each unknown needs a word of its own', async () => {
    const started = start(planOf([runStep('one', onTwo), runStep('two')]), lost);
    await started.ask({ kind: 'resolve', host: a, as: 'succeeded' });
    await settle();
    expect(started.port.rounds.map((round) => round.step)).toEqual(['one']);
    await started.ask({ kind: 'resolve', host: b, as: 'succeeded' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('both given before the first has taken effect count, or are refused: never taken and lost', async () => {
    const started = start(planOf([runStep('one', onTwo)]), lost);
    await settle();
    const answers = await Promise.all([
      started.ask({ kind: 'resolve', host: a, as: 'succeeded' }),
      started.ask({ kind: 'resolve', host: b, as: 'succeeded' }),
    ]);
    if (!answers[1]?.taken) await started.ask({ kind: 'resolve', host: b, as: 'succeeded' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.entries.filter((entry) => entry.kind === 'unknown.resolved')).toHaveLength(2);
  });

  it('to skip one keeps the other held', async () => {
    const started = start(planOf([runStep('one', onTwo), runStep('two')]), (request, task) => ({
      outcome: request.step === 'one' && task.generation === 0 ? 'failed' : 'succeeded',
    }));
    await started.ask({ kind: 'skip', hosts: [a] });
    await settle();
    expect(started.port.rounds).toHaveLength(1);
    await started.ask({ kind: 'retry' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.rounds[1]).toEqual({ step: 'one', hosts: ['b'] });
  });

  it('that it failed holds it as a failure', async () => {
    const started = start(
      planOf([runStep('one', { on: [{ op: 'add', of: { hosts: [a] } }] }), runStep('two')]),
      lost,
    );
    await started.ask({ kind: 'resolve', host: a, as: 'failed' });
    await settle();
    expect(started.port.rounds.map((round) => round.step)).toEqual(['one']);
    expect(await started.ask({ kind: 'retry' })).toMatchObject({ taken: true });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('comes the same way when the run is walked again', async () => {
    const plan = planOf([runStep('one', onTwo), runStep('two')]);
    const ledger = new Map<string, Entry>();
    const first = start(plan, lost, ledger);
    await first.ask({ kind: 'resolve', host: a, as: 'succeeded' });
    await first.ask({ kind: 'resolve', host: b, as: 'run_again' });
    await first.end;
    const entries = ledger.size;
    const again = start(plan, lost, ledger, { epoch: 2 });
    expect(await again.end).toMatchObject({ status: 'succeeded' });
    expect(again.port.rounds).toEqual([]);
    expect(ledger.size - entries).toBeLessThanOrEqual(1); // run.continued
  });
});

describe('a walk whose workflow was reset in Temporal', () => {
  it('gets the asks of before anew, in any order, and takes each where the record has it', async () => {
    const plan = planOf([runStep('one', onTwo), runStep('two', onTwo)]);
    const fails: Answer = (_, task) => ({ outcome: task.generation === 0 ? 'failed' : 'succeeded' });
    const ledger = new Map<string, Entry>();
    const first = start(plan, fails, ledger);
    await first.ask({ kind: 'retry' }, 'x');
    await settle();
    await first.ask({ kind: 'skip' }, 'y');
    const end = await first.end;
    ledger.delete('r1/run.ended/end');
    const again = start(plan, fails, ledger);
    const answers = await Promise.all([again.ask({ kind: 'skip' }, 'y'), again.ask({ kind: 'retry' }, 'x')]);
    expect(answers).toMatchObject([{ taken: true }, { taken: true }]);
    expect(await again.end).toEqual(end);
    expect(again.port.rounds).toEqual([]);
  });
});

describe('a skip', () => {
  it('is refused where it is not known whether the command ran', async () => {
    const started = start(planOf([runStep('one', onTwo)]), lost);
    expect(await started.ask({ kind: 'skip' })).toMatchObject({
      taken: false,
      why: 'Whether it ran on a is not known.',
    });
    await started.ask({ kind: 'resolve', host: a, as: 'succeeded' });
    await started.ask({ kind: 'resolve', host: b, as: 'succeeded' });
    await started.end;
  });

  it('with outputs gives the host a row', async () => {
    const outputs = { free: { type: { kind: 'int' } } } as const;
    const plan = planOf([runStep('one', { ...onTwo, outputs })], {
      outputs: { most: cel('one.rows.max_by(r, r.free).host.name') },
    });
    const started = start(plan, (_, task) =>
      task.host === 'a' ? { outcome: 'failed' } : { outcome: 'succeeded', outputs: { free: 3 } },
    );
    await started.ask({ kind: 'skip', outputs: { free: 9 } });
    expect(await started.end).toMatchObject({ status: 'succeeded', outputs: { most: 'a' } });
  });
});

describe('a step for any host that answers', () => {
  const any = { any: true, effect: 'read', outputs: { free: { type: { kind: 'int' } } } } as const;

  it('is held once for each time that none did, each time at a point of its own', async () => {
    const started = start(planOf([runStep('one', any)]), (_, task) =>
      task.generation < 2 ? { outcome: 'failed' } : { outcome: 'succeeded', outputs: { free: 1 } },
    );
    await started.ask({ kind: 'retry' });
    await started.ask({ kind: 'retry' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.entries.filter((entry) => entry.kind === 'run.held')).toHaveLength(2);
    expect(started.port.rounds.at(-1)).toEqual({ step: 'one', hosts: ['a'] });
  });

  it('has the value of the one that answered, also where another one did not meet its check', async () => {
    const check = [{ words: 'enough', holds: cel('one.free > 5'), figures: [] }];
    const plan = planOf([
      runStep('one', { ...any, check }),
      runStep('two', { env: { F: template('one.free') } }),
    ]);
    const seen: unknown[] = [];
    const started = start(plan, (request, task) => {
      if (request.step === 'two') seen.push(request.env.F);
      return { outcome: 'succeeded', outputs: { free: task.host === 'b' ? 7 : 1 } };
    });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(new Set(seen)).toEqual(new Set(['7']));
  });
});

describe('a check over all hosts', () => {
  const check = [{ words: 'all there', holds: cel('size(one.rows) == 3'), figures: [] }];

  it('is not asked of a step that its when left out', async () => {
    const started = start(planOf([runStep('one', { check, when: cel('false') }), runStep('two')]), works);
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('not met with on_failure continue: the run goes on, and ends failed', async () => {
    const never = [{ words: 'never', holds: cel('size(one.rows) == 9'), figures: [] }];
    const started = start(
      planOf([runStep('one', { check: never, onFailure: 'continue' }), runStep('two')]),
      works,
    );
    expect(await started.end).toMatchObject({ status: 'failed', why: 'one: not met: never' });
    expect(started.port.rounds).toHaveLength(2);
  });

  it('not met and skipped leaves the hosts what they gave', async () => {
    const never = [{ words: 'never', holds: cel('size(one.rows) == 9'), figures: [] }];
    const outputs = { id: { type: { kind: 'int' } } } as const;
    const two = runStep('two', { env: { ID: template('one.id') } });
    const started = start(planOf([runStep('one', { check: never, outputs }), two]), ({ step }) =>
      step === 'one' ? { outcome: 'succeeded', outputs: { id: 7 } } : { outcome: 'succeeded' },
    );
    expect(await started.ask({ kind: 'skip' })).toMatchObject({ taken: true });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('retried goes a batch at a time where serial says so', async () => {
    const holds = cel('one.rows.all(r, r.n > 0)');
    const step = runStep('one', {
      outputs: { n: { type: { kind: 'int' } } },
      check: [{ words: 'done', holds, figures: [] }],
      serial: { hosts: 1 },
    });
    const started = start(planOf([step]), (_, task) => ({
      outcome: 'succeeded',
      outputs: { n: task.generation },
    }));
    await started.ask({ kind: 'retry' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.rounds.map((round) => round.hosts.length)).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('an expression that fails', () => {
  it('in retry.when holds the run, and says so', async () => {
    const retry = { times: 2, everyMs: 1, backoff: 1, when: cel('rc > nothing_here') };
    const started = start(planOf([runStep('one', { retry })]), () => ({ outcome: 'failed', rc: 1 }));
    await settle();
    expect(started.port.entries.find((entry) => entry.kind === 'run.held')?.data).toMatchObject({
      why: expect.stringContaining('nothing_here'),
    });
    await started.ask({ kind: 'abort', rollback: false });
    await started.end;
  });

  it('in `on` holds the run once, and a skip goes on without the step', async () => {
    const check = [{ words: 'some', holds: cel('size(one.rows) > 0'), figures: [] }];
    const step = runStep('one', { on: [{ op: 'add', of: { expr: cel('nobody') } }], check });
    const started = start(planOf([step, runStep('two')]), works);
    expect(await started.ask({ kind: 'skip' })).toMatchObject({ taken: true });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('in `on` of a step that its when leaves out is nobody’s trouble', async () => {
    const step = runStep('one', { on: [{ op: 'add', of: { expr: cel('nobody') } }], when: cel('1 > 2') });
    const started = start(planOf([step, runStep('two')]), works);
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.rounds.map((round) => round.step)).toEqual(['two']);
  });
});

describe('a destroy step whose gate is not passed the second time', () => {
  const destroy = runStep('wipe', { effect: 'destroy', ...onTwo });

  it('is held as before, and not run', async () => {
    const started = start(planOf([gateStep('go'), destroy, runStep('two')]), lost);
    await started.ask({ kind: 'approve' });
    await started.ask({ kind: 'resolve', host: a, as: 'run_again' });
    await started.ask({ kind: 'reject' });
    await settle();
    expect(started.port.rounds).toHaveLength(1);
    await started.ask({ kind: 'resolve', host: a, as: 'succeeded' });
    await started.ask({ kind: 'resolve', host: b, as: 'succeeded' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });
});
