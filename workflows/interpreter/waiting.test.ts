import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import type { ManualStep, Plan, Step } from '../../plan/plan.ts';
import { cel, once, planOf, runStep, settle, start, works } from './walk.fixture.ts';

function wait(id: string, time: number | string): Step {
  return { ...once, id, kind: 'wait', time: typeof time === 'number' ? time : cel(time) };
}

function manual(id: string, more: Partial<ManualStep> = {}): ManualStep {
  return {
    ...once,
    id,
    kind: 'manual',
    task: ['Move the cable.'],
    by: [],
    expiresMs: 86_400_000,
    show: [],
    ...more,
  };
}

function outcomeOf(entries: readonly Entry[], step: string) {
  return entries.find((entry) => entry.kind === 'step.ended' && entry.data.step === step)?.data;
}

const long = 7_200_000;

describe('a wait', () => {
  it('lasts its time, then the run goes on', async () => {
    const started = start(planOf([wait('a', 1000), wait('b', '250 + 250'), runStep('one')]), works);
    const from = started.port.now();
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(started.port.now() - from).toBe(1500);
    expect(started.port.kinds().filter((kind) => kind === 'wait.started')).toHaveLength(2);
  });

  it('that is walked again waits for what is left of it, and not anew', async () => {
    const plan = planOf([wait('a', 3_000_000), runStep('one')]);
    const record = new Map<string, Entry>();
    await start(plan, works, record).end;
    const cut = new Map(
      [...record].slice(0, [...record.keys()].findIndex((key) => key.includes('wait.started')) + 1),
    );
    const again = start(plan, works, cut, { epoch: 2 }); // an hour later
    const from = again.port.now();
    expect(await again.end).toMatchObject({ status: 'succeeded' });
    expect(again.port.now()).toBe(from);
  });

  it('is cut short by a person, who says why', async () => {
    const started = start(planOf([wait('a', long), runStep('one')]), works);
    expect(await started.ask({ kind: 'skip' })).toMatchObject({ taken: true, says: 'It waits no longer.' });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
    expect(outcomeOf(started.port.entries, 'a')).toMatchObject({ outcome: 'skipped' });
  });

  it('ends with the run when that is aborted', async () => {
    const started = start(planOf([wait('a', long)]), works);
    await started.ask({ kind: 'abort', rollback: false });
    expect(await started.end).toMatchObject({ status: 'cancelled' });
  });

  it('of no time that there is fails', async () => {
    const started = start({ ...planOf([wait('a', '-1')]), onFailure: 'fail' }, works);
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('-1 is no time to wait'),
    });
  });
});

describe('something to be done by hand', () => {
  it('is recorded as that, and waits until a person confirms it', async () => {
    const started = start(planOf([manual('cable'), runStep('one')]), works);
    await settle();
    const opened = started.port.entries.find((entry) => entry.kind === 'gate.opened');
    expect(opened?.data).toMatchObject({ step: 'cable', ask: 'Move the cable.', manual: true });
    expect(await started.ask({ kind: 'approve' })).toMatchObject({ taken: false });
    expect(await started.ask({ kind: 'confirm' })).toMatchObject({
      taken: true,
      says: 'Confirmed: it is done.',
    });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('that can’t be done is a failed step, which can be asked for again or passed over', async () => {
    const started = start(planOf([manual('cable'), runStep('one')]), works);
    await started.ask({ kind: 'reject' });
    await settle();
    const held = started.port.entries.find((entry) => entry.kind === 'run.held');
    expect(held?.data).toMatchObject({ step: 'cable', offers: ['retry', 'skip', 'abort'] });
    await started.ask({ kind: 'retry' });
    expect(await started.ask({ kind: 'confirm', step: 'cable~2' as never })).toMatchObject({ taken: true });
    expect(await started.end).toMatchObject({ status: 'succeeded' });
  });

  it('that nobody confirms in time has failed', async () => {
    const started = start({ ...planOf([manual('cable', { expiresMs: 1000 })]), onFailure: 'fail' }, works);
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('Nobody confirmed it before it expired.'),
    });
  });

  it('is confirmed by those it names, where there is identity', async () => {
    const started = start(planOf([manual('cable', { by: ['ada'] })]), works, new Map(), {
      identity: 'shared',
    });
    expect(await started.ask({ kind: 'confirm' }, 'x', 'bob')).toMatchObject({
      taken: false,
      why: 'You are not one of those who may confirm it.',
    });
    expect(await started.ask({ kind: 'confirm' }, 'y', 'ada')).toMatchObject({ taken: true });
    await started.end;
  });

  it('stays confirmed when the run is walked again', async () => {
    const plan: Plan = planOf([manual('cable'), wait('a', long)]);
    const record = new Map<string, Entry>();
    const first = start(plan, works, record);
    await first.ask({ kind: 'confirm' });
    await settle();
    const again = start(plan, works, record, { epoch: 2 });
    await again.ask({ kind: 'skip' });
    expect(await again.end).toMatchObject({ status: 'succeeded' });
  });
});
