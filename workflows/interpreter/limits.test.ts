import { describe, expect, it } from 'vitest';
import type { GroupStep, Plan } from '../../plan/plan.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import { CONTINUE_AFTER, HistoryBudget } from '../history-budget.ts';
import { type MockClock, MockPort } from '../mock-port.ts';
import { told } from './continued.fixture.ts';
import { Desk } from './desk.ts';
import { interpret } from './interpret.ts';
import {
  cel,
  gateStep,
  hosts,
  input,
  once,
  planOf,
  runStep,
  settle,
  template,
  works,
} from './walk.fixture.ts';

/** Of a machine that has other things to do. */
const TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;

function nobody(): never {
  throw new Error('nobody is asked');
}

/** True once in so many times. */
function oneIn(many: number): () => boolean {
  let places = 0;
  return () => ++places % many === 0;
}

function loopOf(items: number): Plan {
  const on = [{ op: 'add', of: { hosts: hosts.slice(0, 1) } }] as const;
  const each: GroupStep = {
    ...once,
    id: 'each',
    kind: 'group',
    loop: { over: 'list', list: cel('items'), as: 'item', parallel: false },
    parallel: false,
    steps: [runStep('one', { on, env: { ITEM: template('item') } })],
  };
  return { ...planOf([each]), inputs: { items: Array.from({ length: items }, (_, at) => at) } };
}

describe('a long run', { timeout: TIMEOUT_MS }, () => {
  it('of a thousand steps comes to its end through many executions', async () => {
    const plan = planOf(Array.from({ length: 1_000 }, (_, at) => runStep(`s${at}`)));
    const run = await told({ plan, answer: works, person: nobody }, oneIn(400));
    expect(run.end).toMatchObject({ status: 'succeeded' });
    expect(run.launches).toHaveLength(3_000);
    expect(new Set(run.launches).size).toBe(3_000);
    expect(run.askedAgain).toBe(0);
    expect(run.executions).toBeGreaterThan(5);
  });

  it('through five thousand items comes to its end, each item once', async () => {
    const run = await told({ plan: loopOf(5_000), answer: works, person: nobody }, oneIn(4_000));
    expect(run.end).toMatchObject({ status: 'succeeded' });
    expect(run.launches).toHaveLength(5_000);
    expect(new Set(run.launches).size).toBe(5_000);
    expect(run.askedAgain).toBe(0);
    expect(run.executions).toBeGreaterThan(2);
  });
});

/** A clock that stands until a test lets time pass. */
function standingClock(): MockClock & { readonly pass: (ms: number) => Promise<void> } {
  let now = 1_000_000;
  const sleeping = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((wake) => {
        sleeping.add({ until: now + ms, wake });
        signal.addEventListener('abort', () => wake(), { once: true });
      }),
    pass: async (ms) => {
      now += ms;
      for (const one of sleeping) if (one.until <= now) one.wake();
      await settle();
    },
  };
}

describe('time', () => {
  it('may pass for a month at a gate, and the answer counts', async () => {
    const clock = standingClock();
    const port = new MockPort({ answer: works, clock });
    const desk = new Desk(input, port);
    const end = interpret(
      input,
      planOf([gateStep('go', { expiresMs: 31 * DAY_MS }), runStep('one')]),
      port,
      desk,
    );
    await clock.pass(0);
    await clock.pass(30 * DAY_MS);
    expect(port.rounds).toEqual([]);
    const actor = { kind: 'person', subject: 'ops', issuer: 'local' } as const;
    const asked = { ask: 'a', actor, reason: '', action: { kind: 'approve' } } as const;
    expect(await desk.submit(asked)).toMatchObject({ taken: true });
    expect(await end).toMatchObject({ status: 'succeeded' });
  });

  it('passes for a gate too: one that nobody answers in its month holds the run', async () => {
    const clock = standingClock();
    const port = new MockPort({ answer: works, clock });
    const desk = new Desk(input, port);
    void interpret(input, planOf([gateStep('go', { expiresMs: 30 * DAY_MS }), runStep('one')]), port, desk);
    await clock.pass(0);
    await clock.pass(30 * DAY_MS - 1);
    expect(port.kinds()).not.toContain('run.held');
    await clock.pass(1);
    expect(port.kinds()).toContain('run.held');
    expect(port.rounds).toEqual([]);
  });

  it('may pass for a week on a host, and the run goes on', async () => {
    const clock = standingClock();
    const port = new (class extends MockPort {
      override async round(request: RoundRequest, options: { readonly signal: AbortSignal }) {
        if (request.step === 'long') await clock.sleep(7 * DAY_MS, options.signal);
        return super.round(request, options);
      }
    })({ answer: works, clock });
    const end = interpret(input, planOf([runStep('long'), runStep('next')]), port, new Desk(input, port));
    await clock.pass(0);
    await clock.pass(7 * DAY_MS - 1);
    expect(port.rounds).toEqual([]);
    await clock.pass(1);
    expect(await end).toMatchObject({ status: 'succeeded' });
  });
});

describe('the budget of a history', () => {
  it('lasts for some hundred short steps, and for days of following a job', () => {
    const short = new HistoryBudget();
    for (let step = 0; step < 500; step += 1) short.spend('local', 500);
    for (let chain = 0; chain < 500 / 5; chain += 1) short.spend('timer');
    expect(short.isSpent).toBe(false);
    const followed = new HistoryBudget();
    let quarterHours = 0;
    for (; !followed.isSpent; quarterHours += 1) followed.spend('activity', 2_000);
    expect(quarterHours * 15 * 60_000).toBeGreaterThan(2 * DAY_MS);
  });

  it('is spent by bytes as well, and may be made smaller', () => {
    const large = new HistoryBudget();
    large.spend('local', CONTINUE_AFTER.bytes);
    expect(large.isSpent).toBe(true);
    const small = new HistoryBudget(2);
    small.spend('local');
    expect(small.isSpent).toBe(false);
    small.spend('local');
    expect(small.isSpent).toBe(true);
  });
});
