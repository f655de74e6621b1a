import { expect, test } from 'vitest';
import { compileTexts } from '../../language/compile.fixture.ts';
import type { Entry, EventData, EventKind } from '../../ledger/events.ts';
import { hostName, runId, stepInstance } from '../../plan/ids.ts';
import type { JsonObject } from '../../plan/json.ts';
import { choicesOf } from './choices.ts';
import { estimate, estimatesFrom, runTimes } from './estimate.ts';

let seq = 0;
function at<K extends EventKind>(seconds: number, kind: K, data: EventData[K]): Entry {
  seq += 1;
  const entry = { seq, at: seconds * 1_000, key: String(seq), run: runId('r'), epoch: 1, kind, data };
  return { ...entry, actor: { kind: 'engine' } } as unknown as Entry;
}

const started = (seconds: number, step: string) =>
  at(seconds, 'step.started', { step: stepInstance(step), title: '', hosts: [] });
const ended = (seconds: number, step: string, outcome: 'succeeded' | 'failed' = 'succeeded') =>
  at(seconds, 'step.ended', { step: stepInstance(step), outcome, hosts: {} });
const over = (seconds: number, status: 'succeeded' | 'failed' = 'succeeded') =>
  at(seconds, 'run.ended', { status });

test('what a run waited for people at gates and holds is not counted', () => {
  const step = stepInstance('sure');
  const gate = { step, ask: '', by: [], count: 1, expires: 0, shown: null, shownDigest: '', round: 1 };
  const held = { step: stepInstance('put'), hosts: [hostName('h')], why: '', offers: [] };
  const action = { kind: 'retry' } as const;
  const { whole, steps } = runTimes([
    at(0, 'run.started', { plan: 'p' as never }),
    started(0, 'sure'),
    at(1, 'gate.opened', gate),
    ended(101, 'sure'),
    started(101, 'put'),
    at(103, 'run.held', held),
    at(203, 'operator.applied', { ask: 'a', says: '', action, point: 'put/hold/1' }),
    ended(206, 'put'),
    over(206),
  ]);
  expect(whole).toBe(6_000);
  expect(steps.get('put')).toBe(5_000);
});

test('turns of a loop that go on side by side count once, and those after one another each', () => {
  const { steps } = runTimes([
    started(0, 'join[a]/start'),
    started(1, 'join[b]/start'),
    ended(3, 'join[a]/start'),
    ended(4, 'join[b]/start'),
    started(10, 'join[c]/start'),
    ended(12, 'join[c]/start'),
  ]);
  expect(steps.get('join/start')).toBe(6_000);
});

test('of a run that failed only the steps that succeeded count', () => {
  const { whole, steps } = runTimes([
    at(0, 'run.started', { plan: 'p' as never }),
    started(0, 'one'),
    ended(2, 'one'),
    started(2, 'two'),
    ended(3, 'two', 'failed'),
    over(3, 'failed'),
  ]);
  expect(whole).toBeUndefined();
  expect([...steps]).toEqual([['one', 2_000]]);
});

test('the estimate is the median, and there is none of nothing', () => {
  expect(estimate([9, 1, 2, 4])).toEqual({ runs: 4, median_ms: 3, shortest_ms: 1, longest_ms: 9 });
  expect(estimate([])).toBeUndefined();
});

test('runs that chose otherwise are told apart, and those that differ in more than one choice are left out', () => {
  const run = (seconds: number, inputs: JsonObject) => [
    at(0, 'run.requested', { plan: 'p' as never, runbook: 'b', inputs, reason: '' }),
    at(0, 'run.started', { plan: 'p' as never }),
    started(0, 'one'),
    ended(seconds, 'one'),
    over(seconds),
  ];
  const choices = { strategy: 'grow', quick: false };
  const found = estimatesFrom(
    [
      run(30, { strategy: 'grow', quick: false, line: 'a' }),
      run(9, { strategy: 'snapshot', quick: false }),
      run(7, { strategy: 'snapshot', quick: false }),
      run(1, { strategy: 'snapshot', quick: true }),
    ],
    choices,
  );
  expect(found.whole?.median_ms).toBe(30_000);
  expect(found.steps.get('one')?.runs).toBe(1);
  expect(found.otherwise).toEqual([
    {
      input: 'strategy',
      value: 'snapshot',
      estimate: { runs: 2, median_ms: 8_000, shortest_ms: 7_000, longest_ms: 9_000 },
    },
  ]);
});

test('a choice is an input that a when of the runbook itself names', () => {
  const text = `holdfast: 1
name: main
summary: s
inputs:
  strategy: { type: choice, values: [grow, snapshot], default: grow, help: h }
  line: { type: string, default: a, help: h }
  deep: { type: bool, default: true, help: h }
on: web
steps:
  - { id: one, when: strategy == "grow", env: { LINE: "\${{ line }}" }, run: 'echo "$LINE"' }
  - id: both
    steps:
      - { id: two, when: deep, run: "true" }
`;
  const compiled = compileTexts({ 'main.yaml': text });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.complaints));
  expect(choicesOf(compiled.compiled.plan)).toEqual({ strategy: 'grow', deep: true });
});
