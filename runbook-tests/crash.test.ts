import { expect, it } from 'vitest';
import { cel, planOf, runStep } from '../workflows/interpreter/walk.fixture.ts';
import type { Answer } from '../workflows/mock-port.ts';
import { crashed } from './crash.ts';
import { MAIN, testing, wrong } from './run.fixture.ts';
import { type WalkSetup, walkCase } from './walk.ts';

function setup(answer: Answer): WalkSetup {
  const outputs = { free: { type: { kind: 'int' } } } as const;
  const plan = planOf([runStep('look', { outputs }), runStep('act')], {
    outputs: { all: cel('look.each.free') },
  });
  const answers = { own: [], at: () => [] };
  return { plan, answer, answers, identity: 'one_owner', requestedBy: 'ops', saw: () => {} };
}

it('walks a run again from each entry of its record that can be the last, and it comes to the same end', async () => {
  const walk = setup((_, task) => ({ outcome: 'succeeded', outputs: { free: task.host.length } }));
  const whole = await walkCase(walk);
  const again = await crashed(walk, whole, ['every_step']);
  // Not behind run.ended, nor between the end of one step and the beginning of the next.
  expect(again).toEqual({ walks: whole.record.size - 2, failures: [] });
});

it('crashes at the steps that are named only', async () => {
  const walk = setup(() => ({ outcome: 'succeeded', outputs: { free: 1 } }));
  const whole = await walkCase(walk);
  const again = await crashed(walk, whole, ['act']);
  expect(again.walks).toBe(
    [...whole.record.values()].filter((entry) => 'step' in entry.data && entry.data.step === 'act').length,
  );
});

it('tells where it comes to another end', async () => {
  let asked = 0;
  const walk = setup(() => ({ outcome: 'succeeded', outputs: { free: asked++ } }));
  const again = await crashed(walk, await walkCase(walk), ['every_step']);
  expect(again.failures[0]).toMatch(/^after a crash behind run\.started: its outputs is /);
});

it('tells of what is launched otherwise', async () => {
  let asked = 0;
  const walk = setup((request) => {
    if (request.step !== 'act') return { outcome: 'succeeded', outputs: { free: 1 } };
    return { outcome: asked++ < 3 ? 'succeeded' : 'failed' };
  });
  const again = await crashed(walk, await walkCase(walk), ['look']);
  expect(again.failures[0]).toContain(
    'after a crash behind step.started of look: its status is held, and was succeeded without',
  );
});

it('gives answers once, whenever it crashes: gates, holds and refusals', async () => {
  const tests = `crash: no
cases:
  - name: one
    crash: every_step
    mock: { look: { free: 20 }, write: [failed, unknown, succeeded] }
    answers:
      sure: [{ do: reject, reason: wait }, retry, approve]
      write: [{ do: skip, reason: x, hosts: [etcd02], refused: not one of the hosts }, retry, { do: resolve, as: run_again }]
    expect: { times: { write: 3 }, outputs: { best: etcd01 } }
`;
  expect(await wrong(testing(MAIN, tests.replace('crash: no\n', '')))).toEqual([]);
});
