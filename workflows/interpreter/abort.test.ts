import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { hostName } from '../../plan/ids.ts';
import type { Step } from '../../plan/plan.ts';
import type { Answer } from '../port.fake.ts';
import { cel, gateStep, once, planOf, runStep, settle, start, works } from './walk.fixture.ts';

const a = hostName('a');
const on = [{ op: 'add', of: { hosts: [a] } }] as const;
const abort = { kind: 'abort', rollback: false } as const;
const lostAtTwo: Answer = (request) =>
  request.step === 'two' ? { outcome: 'unknown', sessionLives: false } : { outcome: 'succeeded' };

describe('an abort', () => {
  const plan = planOf([runStep('one'), runStep('two', { on, effect: 'destroy' }), runStep('three')]);

  it('keeps the run held while a command’s fate is unknown, and starts nothing again', async () => {
    const started = start(plan, lostAtTwo);
    await started.ask(abort);
    expect(await started.ask({ kind: 'resolve', host: a, as: 'run_again' })).toMatchObject({
      taken: false,
      why: 'The run is being aborted: nothing starts again.',
    });
    expect(started.port.locksTaken).toEqual(['host/a']);
    await started.ask({ kind: 'resolve', host: a, as: 'failed' });
    expect(await started.end).toMatchObject({ status: 'cancelled', why: 'because' });
    expect(started.port.rounds.map((round) => round.step)).toEqual(['one', 'two']);
  });

  it('ends a run that waits at a gate', async () => {
    const started = start(planOf([gateStep('go'), runStep('one')]), works);
    await started.ask(abort);
    expect(await started.end).toMatchObject({ status: 'cancelled' });
    expect(started.port.rounds).toEqual([]);
  });

  it('is no success, even where the last step came to its end', async () => {
    const started = start(planOf([runStep('two', { on })]), lostAtTwo);
    await started.ask(abort);
    await started.ask({ kind: 'resolve', host: a, as: 'succeeded' });
    expect(await started.end).toMatchObject({ status: 'cancelled' });
  });

  it('that the engine did not live through finds what was running before it ends the run', async () => {
    const ledger = new Map<string, Entry>();
    const first = start(plan, lostAtTwo, ledger);
    await first.ask(abort);
    const again = start(plan, works, ledger, { epoch: 2 });
    await settle();
    expect(again.port.kinds()).not.toContain('run.ended');
    await again.ask({ kind: 'resolve', host: a, as: 'succeeded' });
    expect(await again.end).toMatchObject({ status: 'cancelled' });
    const attempts = again.port.entries.flatMap((entry) =>
      entry.kind === 'attempt.ended' && entry.data.step === 'three' ? [entry.data.result.outcome] : [],
    );
    expect(new Set(attempts)).toEqual(new Set(['cancelled']));
  });

  it('in one of several branches is not lost to an error in another', async () => {
    const broken: Step = { ...once, id: 'broken', kind: 'set', values: [['x', cel('1 / 0')]], choose: [] };
    const both: Step = {
      ...once,
      id: 'both',
      kind: 'group',
      onFailure: 'continue',
      parallel: true,
      steps: [{ ...broken, onFailure: 'fail' }, runStep('two', { on })],
    };
    const started = start(planOf([both, runStep('three')]), works);
    expect(await started.end).toMatchObject({ status: 'failed' });
    expect(started.port.rounds.map((round) => round.step)).not.toContain('three');
  });
});

describe('a run that goes on from the ledger', () => {
  it('is not paused any more', async () => {
    const plan = planOf([gateStep('go'), runStep('one')]);
    const ledger = new Map<string, Entry>();
    const first = start(plan, works, ledger);
    await first.ask({ kind: 'pause' });
    await first.ask({ kind: 'approve' });
    await settle();
    const again = start(plan, works, ledger, { epoch: 2 });
    expect(await again.end).toMatchObject({ status: 'succeeded' });
  });

  it('stops retrying where the first walk did, whatever the clock says', async () => {
    const retry = { withinMs: 10_000, everyMs: 4_000, backoff: 1 };
    const plan = planOf([runStep('one', { on, retry })]);
    const fails: Answer = () => ({ outcome: 'failed', transient: true });
    const ledger = new Map<string, Entry>();
    start(plan, fails, ledger);
    await settle();
    const opened = () => [...ledger.values()].filter((entry) => entry.kind === 'generation.opened').length;
    const before = opened();
    const again = start(plan, fails, ledger, { epoch: 2 });
    await settle();
    expect(before).toBe(2);
    expect(opened()).toBe(before);
    await again.ask(abort);
    await again.end;
  });

  it('knows the answers of two destroy steps that asked for one gate, whichever came first', async () => {
    const wipe = (id: string) => runStep(id, { on, effect: 'destroy' });
    const both: Step = {
      ...once,
      id: 'both',
      kind: 'group',
      parallel: true,
      steps: [wipe('w1'), wipe('w2')],
    };
    const plan = planOf([gateStep('go'), both]);
    const answer: Answer = (_, task) => ({ outcome: task.generation === 0 ? 'failed' : 'succeeded' });
    const ledger = new Map<string, Entry>();
    const first = start(plan, answer, ledger);
    await first.ask({ kind: 'approve' });
    await first.ask({ kind: 'retry', step: 'both/w2' as never });
    await first.ask({ kind: 'retry', step: 'both/w1' as never });
    expect(await first.ask({ kind: 'approve', step: 'both/w2' as never })).toMatchObject({ taken: true });
    expect(await first.ask({ kind: 'reject', step: 'both/w1' as never })).toMatchObject({ taken: true });
    await settle();
    expect(first.port.rounds.map((round) => round.step)).toEqual(['both/w1', 'both/w2', 'both/w2']);
    const again = start(plan, answer, ledger, { epoch: 2 });
    await settle();
    expect(again.port.rounds).toEqual([]);
    await again.ask(abort);
    await again.end;
  });
});
