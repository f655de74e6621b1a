import { expect, it } from 'vitest';
import { testing } from './run.fixture.ts';

const RUNBOOK = `holdfast: 1
name: main
on: etcd
inputs: { n: { type: int, default: 1 } }
steps:
  - id: maybe
    when: n > 1
    run: x
  - id: which
    set: { a: n }
    choose: { many: n > 1, one: n == 1, none: "true" }
    check: { not too many: n < 5 }
  - id: ok
    approve: { ask: Sure? }
  - id: each
    for_each: '["a", "b", "c"].filter(x, n > 0 && (n > 1 || x == "a"))'
    steps:
      - { id: inner, run: x }
`;

async function missed(tests: string): Promise<readonly string[]> {
  const { coverage, cases } = await testing(RUNBOOK, tests);
  expect(cases.flatMap(({ failures }) => failures)).toEqual([]);
  return coverage.flatMap((one) => one.missed.map(({ at, step, what }) => `${at.line} ${step}: ${what}`));
}

it('counts each step, both ways of a when, each line of choose, each end of a gate and of a check, and turns of loops', async () => {
  expect(await missed('cases: [{ name: one, answers: { ok: approve }, expect: {} }]\n')).toEqual([
    '6 maybe: never ran',
    '7 maybe: when: holds',
    '11 which: choose: many',
    '11 which: choose: none',
    '12 which: check: not met: not too many',
    '13 ok: not approved',
    '15 each: a loop without a turn',
    '15 each: a loop of several turns',
  ]);
});

it('gathers what all cases reached', async () => {
  const tests = `answers: { ok: approve }
cases:
  - { name: one, expect: {} }
  - { name: two, inputs: { n: 2 }, expect: {} }
  - { name: none, inputs: { n: 0 }, expect: {} }
  - { name: five, inputs: { n: 5 }, expect: { status: held, at: which } }
  - { name: rejected, answers: { ok: reject }, expect: { status: held, at: ok } }
`;
  expect(await missed(tests)).toEqual([]);
});

it('knows of a gate that was not passed where a failure ends the run', async () => {
  const tests = `on_failure: fail
cases: [{ name: one, answers: { ok: reject }, expect: { status: failed } }]
`;
  expect(await missed(tests)).not.toContain('13 ok: not approved');
});

it('says how much of each runbook that has tests is covered', async () => {
  const { coverage } = await testing(
    RUNBOOK,
    'cases: [{ name: one, answers: { ok: approve }, expect: {} }]\n',
  );
  expect(coverage).toMatchObject([
    { runbook: 'main', steps: { reached: 4, all: 5 }, branches: { reached: 5, all: 12 }, percent: 52 },
  ]);
});
