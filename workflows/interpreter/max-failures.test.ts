import { describe, expect, it } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { hostName } from '../../plan/ids.ts';
import type { Loop, Plan, RunStep, Step } from '../../plan/plan.ts';
import type { Answer } from '../port.fake.ts';
import { batches, tolerated } from './hosts.ts';
import { cel, gateStep, once, planOf, runStep, type Started, settle, start } from './walk.fixture.ts';

const [a, b, c] = [hostName('a'), hostName('b'), hostName('c')];
const all = [{ op: 'add', of: { hosts: [a, b, c] } }] as const;

/** These hosts fail in the step `one`, wherever it stands. */
function failing(...hosts: readonly string[]): Answer {
  return ({ step }, { host, generation }) =>
    step.endsWith('one') && hosts.includes(host) && generation === 0
      ? { outcome: 'failed', rc: 1, reason: 'no' }
      : { outcome: 'succeeded', rc: 0 };
}

function hostsOf(
  rounds: readonly { readonly step: string; readonly hosts: readonly string[] }[],
  step: string,
) {
  return rounds.filter((round) => round.step === step).map((round) => round.hosts.join(','));
}

describe('batches', () => {
  it('of a share of the hosts are rounded up, and of one host at least', () => {
    const sizes = (count: number, percent: number) =>
      batches(
        Array.from({ length: count }, (_, i) => i),
        { percent },
      ).map((batch) => batch.length);
    expect(sizes(10, 25)).toEqual([3, 3, 3, 1]);
    expect(sizes(3, 10)).toEqual([1, 1, 1]);
    expect(sizes(4, 50)).toEqual([2, 2]);
    expect(sizes(100, 29)).toEqual([29, 29, 29, 13]);
    expect(sizes(7, 100)).toEqual([7]);
  });

  it('may fail on a share of the hosts, rounded down', () => {
    expect([10, 4, 3].map((count) => tolerated(count, { percent: 30 }))).toEqual([3, 1, 0]);
    expect(tolerated(3, { hosts: 2 })).toBe(2);
    expect(tolerated(3, undefined)).toBe(0);
  });
});

describe('a step of which some hosts may fail', () => {
  const one = (more: Partial<RunStep> = {}) =>
    runStep('one', { on: all, serial: { hosts: 1 }, maxFailures: { hosts: 1 }, ...more });

  it('goes on with the others; what failed takes no part any more, and the run ends failed', async () => {
    const started = start(planOf([one(), runStep('two')]), failing('a'));
    expect(await started.end).toMatchObject({ status: 'failed', why: 'one: a: failed, no' });
    expect(hostsOf(started.port.rounds, 'one')).toEqual(['a', 'b', 'c']);
    expect(hostsOf(started.port.rounds, 'two')).toEqual(['b,c']);
    expect(started.port.kinds()).not.toContain('run.held');
  });

  it('begins no further batch once more have failed, and is held', async () => {
    const started = start(planOf([one(), runStep('two')]), failing('a', 'b'));
    await settle();
    expect(hostsOf(started.port.rounds, 'one')).toEqual(['a', 'b']);
    const held = started.port.entries.find((entry) => entry.kind === 'run.held');
    expect(held?.data).toMatchObject({ step: 'one', hosts: ['a', 'b'] });
    await started.ask({ kind: 'retry', hosts: [b] });
    expect(await started.end).toMatchObject({ status: 'failed', why: 'one: a: failed, no' });
    expect(hostsOf(started.port.rounds, 'one')).toEqual(['a', 'b', 'b', 'c']);
    expect(hostsOf(started.port.rounds, 'two')).toEqual(['b,c']);
  });

  it('beyond them does what on_failure says', async () => {
    const started = start(planOf([one({ onFailure: 'fail' }), runStep('two')]), failing('a', 'b'));
    expect(await started.end).toMatchObject({ status: 'failed', why: 'one: a: failed, no; b: failed, no' });
    expect(hostsOf(started.port.rounds, 'two')).toEqual([]);
  });

  it('asks about a host of which nothing can be known, however many may fail', async () => {
    const started = start(planOf([one({ maxFailures: { hosts: 3 } })]), (_, task) =>
      task.host === 'a' ? { outcome: 'unknown', sessionLives: false } : { outcome: 'succeeded', rc: 0 },
    );
    await settle();
    expect(started.port.kinds()).toContain('run.held');
    await started.ask({ kind: 'resolve', host: a, as: 'failed' });
    expect(await started.end).toMatchObject({ status: 'failed', why: 'one: a: failed, because' });
    expect(hostsOf(started.port.rounds, 'one')).toEqual(['a', 'b', 'c']);
  });

  it('comes the same way when it is walked again', async () => {
    const plan = planOf([one(), runStep('two')]);
    const record = new Map<string, Entry>();
    const end = await start(plan, failing('a'), record).end;
    for (let length = 0; length < record.size; length++) {
      const again = start(plan, failing('a'), new Map([...record].slice(0, length)), { epoch: 2 });
      expect(await again.end).toEqual(end);
    }
  });
});

describe('a loop over hosts of which some may fail', () => {
  function group(loop: Partial<Extract<Loop, { over: 'hosts' }>>, steps: readonly Step[], more = {}): Step {
    return {
      ...once,
      id: 'each',
      kind: 'group',
      parallel: false,
      loop: { over: 'hosts', on: all, as: 'h', serial: { hosts: 1 }, maxFailures: { hosts: 1 }, ...loop },
      steps,
      ...more,
    };
  }
  const here = [{ op: 'add', of: { expr: cel('h') } }] as const;
  const one = runStep('one', { on: here });
  const then = runStep('then', { on: here });

  it('leaves out the host whose turn failed, without holding the run', async () => {
    const started = start(planOf([group({}, [one, then]), runStep('two')]), failing('b'));
    expect(await started.end).toMatchObject({ status: 'failed', why: 'each[b]/one: b: failed, no' });
    const rounds = started.port.rounds.map(({ step }) => step);
    expect(rounds).toEqual([
      'each[a]/one',
      'each[a]/then',
      'each[b]/one',
      'each[c]/one',
      'each[c]/then',
      'two',
    ]);
    expect(hostsOf(started.port.rounds, 'two')).toEqual(['a,c']);
  });

  it('counts what fails elsewhere on a host’s behalf as that host’s failure', async () => {
    const elsewhere = runStep('one', { on: [{ op: 'add', of: { hosts: [c] } }] });
    const check: Step = {
      ...once,
      id: 'sane',
      kind: 'check',
      check: [{ words: 'not a', holds: cel('h.name != "a"'), figures: [] }],
    };
    const started = start(planOf([group({}, [check, elsewhere]), runStep('two')]), failing());
    expect(await started.end).toMatchObject({
      status: 'failed',
      why: expect.stringContaining('not met: not a'),
    });
    expect(hostsOf(started.port.rounds, 'two')).toEqual(['b,c']);
    const again = start(
      planOf([group({ maxFailures: { hosts: 3 } }, [elsewhere]), runStep('two')]),
      failing('c'),
    );
    await again.end;
    expect(hostsOf(again.port.rounds, 'two')).toEqual([]);
  });

  it('begins no further turn once more have failed, and is held as a whole', async () => {
    const started = start(planOf([group({}, [one, then]), runStep('two')]), failing('a', 'b'));
    await settle();
    const held = started.port.entries.find((entry) => entry.kind === 'run.held');
    expect(held?.data).toMatchObject({ step: 'each', hosts: ['a', 'b'] });
    expect(held?.kind === 'run.held' && held.data.why).toContain('2 hosts failed, and at most 1 may');
    expect(started.port.rounds.map(({ step }) => step)).toEqual(['each[a]/one', 'each[b]/one']);
    await started.ask({ kind: 'abort', rollback: false });
    await started.end;
  });

  describe('once more have failed', () => {
    const names = ['a', 'b', 'c', 'd', 'e'].map(hostName);
    const [, , , d, e] = names;
    const five = [{ op: 'add', of: { hosts: names } }] as const;
    const outputs = { outputs: { good: cel('each.rows.map(r, r.h.name).join("")') } };
    function planOfFive(steps: readonly Step[]): Plan {
      const plan = planOf(steps, outputs);
      const hosts = names.flatMap((name) => plan.hosts.slice(0, 1).map((host) => ({ ...host, name })));
      return { ...plan, hosts };
    }
    const loopOfFive = (
      more: Partial<Extract<Loop, { over: 'hosts' }>> = {},
      steps: readonly Step[] = [one, then],
    ) => planOfFive([group({ on: five, ...more }, steps), runStep('two', { on: five })]);
    /** In their first turn alone. */
    const failing =
      (...hosts: readonly string[]): Answer =>
      ({ step }, { host }) =>
        step === `each[${host}]/one` && hosts.includes(host)
          ? { outcome: 'failed', rc: 1, reason: 'no' }
          : { outcome: 'succeeded', rc: 0 };
    const again = (...hosts: readonly string[]) =>
      hosts.flatMap((host) => [`each~2[${host}]/one`, `each~2[${host}]/then`]);
    const steps = (started: Started) => started.port.rounds.map(({ step }) => step);
    const first = ['each[a]/one', 'each[a]/then', 'each[b]/one', 'each[c]/one'];

    it('gives them another turn where a person says retry, and whoever had a good one has no other', async () => {
      const started = start(loopOfFive(), failing('b', 'c'));
      await started.ask({ kind: 'retry' });
      expect(await started.end).toEqual({ status: 'succeeded', outputs: { good: 'abcde' } });
      expect(steps(started)).toEqual([...first, ...again('b', 'c', 'd', 'e'), 'two']);
      expect(hostsOf(started.port.rounds, 'two')).toEqual(['a,b,c,d,e']);
    });

    it('gives one of them another turn; the other one counts as before, and takes no part', async () => {
      const started = start(loopOfFive(), failing('b', 'c'));
      expect(await started.ask({ kind: 'retry', hosts: [d ?? a] })).toMatchObject({ taken: false });
      await started.ask({ kind: 'retry', hosts: [c] });
      expect(await started.end).toEqual({
        status: 'failed',
        why: 'each[b]/one: b: failed, no',
        outputs: { good: 'acde' },
      });
      expect(steps(started)).toEqual([...first, ...again('c', 'd', 'e'), 'two']);
      expect(hostsOf(started.port.rounds, 'two')).toEqual(['a,c,d,e']);
    });

    it('begins no turn of others while still more have failed than may', async () => {
      const started = start(loopOfFive({ serial: { hosts: 4 } }), failing('a', 'b', 'c'));
      await started.ask({ kind: 'retry', hosts: [b] });
      await settle();
      const held = started.port.entries.findLast((entry) => entry.kind === 'run.held');
      expect(held?.data).toMatchObject({ step: 'each~2', hosts: ['a', 'c'] });
      expect(steps(started).filter((step) => step.startsWith('each~2'))).toEqual(again('b'));
      await started.ask({ kind: 'skip', hosts: [a] });
      expect(await started.end).toMatchObject({ status: 'failed', outputs: { good: 'bde' } });
      expect(steps(started).filter((step) => step.startsWith('each~3'))).toEqual([
        'each~3[e]/one',
        'each~3[e]/then',
      ]);
      expect(hostsOf(started.port.rounds, 'two')).toEqual(['b,d,e']);
    });

    it('goes on without them where a person says skip, and the run ends failed', async () => {
      const started = start(loopOfFive(), failing('b', 'c'));
      await started.ask({ kind: 'skip' });
      expect(await started.end).toMatchObject({ status: 'failed', outputs: { good: 'ade' } });
      expect(steps(started)).toEqual([...first, ...again('d', 'e'), 'two']);
      expect(hostsOf(started.port.rounds, 'two')).toEqual(['a,d,e']);
    });

    it('is held again where they fail again, and names the new failure', async () => {
      const started = start(loopOfFive(), ({ step }, { host }) => ({
        outcome: step.endsWith('one') && (host === 'b' || host === 'c') ? 'failed' : 'succeeded',
      }));
      await started.ask({ kind: 'retry' });
      await settle();
      const held = started.port.entries.findLast((entry) => entry.kind === 'run.held');
      expect(held?.data).toMatchObject({ step: 'each~2', hosts: ['b', 'c'] });
      expect(held?.kind === 'run.held' && held.data.why).toContain('b (each~2[b]/one: failed)');
      await started.ask({ kind: 'abort', rollback: false });
      await started.end;
    });

    it('keeps as failed what a turn took out beside its own host', async () => {
      const inner: Step = {
        ...group({ on: [{ op: 'add', of: { hosts: [e ?? a] } }], as: 'i' }, [
          runStep('deep', { on: [{ op: 'add', of: { expr: cel('i') } }] }),
        ]),
        id: 'inner',
      };
      const failed: Answer = (request, task) =>
        request.step === 'each[b]/inner[e]/deep'
          ? { outcome: 'failed', rc: 1 }
          : failing('b', 'c')(request, task);
      const started = start(loopOfFive({}, [inner, one]), failed);
      await started.ask({ kind: 'retry' });
      expect(await started.end).toMatchObject({
        status: 'failed',
        why: expect.stringContaining('each[b]/inner[e]/deep'),
      });
      expect(hostsOf(started.port.rounds, 'two')).toEqual(['a,b,c,d']);
    });

    it('asks the gate again before a turn that destroys comes once more, and not where it goes on without', async () => {
      const wipe = runStep('one', { on: here, effect: 'destroy' });
      const plan = planOfFive([gateStep('go'), group({ on: five }, [wipe])]);
      const retried = start(plan, failing('b', 'c'));
      await retried.ask({ kind: 'approve' });
      await retried.ask({ kind: 'retry' });
      await settle();
      expect(steps(retried)).toHaveLength(3);
      await retried.ask({ kind: 'reject' });
      await settle();
      expect(steps(retried)).toHaveLength(3);
      await retried.ask({ kind: 'retry' });
      await retried.ask({ kind: 'approve' });
      expect(await retried.end).toMatchObject({ status: 'succeeded' });
      expect(steps(retried).slice(3)).toEqual(['b', 'c', 'd', 'e'].map((host) => `each~3[${host}]/one`));
      const left = start(plan, failing('b', 'c'));
      await left.ask({ kind: 'approve' });
      await left.ask({ kind: 'skip' });
      expect(await left.end).toMatchObject({ status: 'failed' });
    });

    it('comes the same way when it is walked again, wherever the record ends', async () => {
      const record = new Map<string, Entry>();
      const started = start(loopOfFive(), failing('b', 'c'), record);
      await started.ask({ kind: 'retry', hosts: [c] });
      const end = await started.end;
      const asked = [...record.values()].findIndex((entry) => entry.kind === 'operator.applied');
      for (let length = asked + 1; length < record.size; length++) {
        const walked = start(loopOfFive(), failing('b', 'c'), new Map([...record].slice(0, length)), {
          epoch: 2,
        });
        expect(await walked.end).toEqual(end);
      }
    });
  });

  it('without it holds the run at the first failure', async () => {
    const { maxFailures: _, ...loop } = { over: 'hosts', on: all, as: 'h', maxFailures: 0 } as const;
    const started = start(planOf([group({}, [one], { loop })]), failing('b'));
    await settle();
    expect(started.port.entries.find((entry) => entry.kind === 'run.held')?.data).toMatchObject({
      step: 'each[b]/one',
    });
    await started.ask({ kind: 'skip' });
    await started.end;
  });
});
