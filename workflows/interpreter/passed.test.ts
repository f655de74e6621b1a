import { expect, it } from 'vitest';
import type { Step } from '../../plan/plan.ts';
import { at, cel, once, planOf, runStep, start, works } from './walk.fixture.ts';

const named = (cel: string, more = {}) => [{ op: 'add', of: { expr: { cel, at }, ...more } }] as const;

it('an input that is left out is made of those that are passed, as the used runbook sees them', async () => {
  const call = (id: string, given: { readonly [input: string]: string }): Step => ({
    ...once,
    id,
    kind: 'use',
    unit: 'callee',
    with: Object.fromEntries(Object.entries(given).map(([name, text]) => [name, cel(text)])),
  });
  const callee = {
    name: 'callee',
    inputs: { all: { kind: 'hosts' }, seed: { kind: 'host' } },
    defaults: { seed: cel('all[1]') },
    hostVars: [],
    steps: [runStep('x', { on: named('seed') })],
    outputs: {},
    report: [],
  } as const;
  const steps = [call('left', { all: '["a", "b"]' }), call('given', { all: '["a", "b"]', seed: '"c"' })];
  const plan = planOf(steps);
  const started = start({ ...plan, units: { ...plan.units, callee } }, works);
  expect(await started.end).toMatchObject({ status: 'succeeded' });
  expect(started.port.rounds.map(({ step, hosts }) => [step, hosts])).toEqual([
    ['left/x', ['b']],
    ['given/x', ['c']],
  ]);
});

it('a part of a list of hosts has both its ends', async () => {
  const all: Step = { ...once, id: 's', kind: 'set', values: [['m', cel('["a", "b", "c"]')]], choose: [] };
  const part = (id: string, slice: object) => runStep(id, { on: named('m', { slice }) });
  const plan = planOf([all, part('one', { from: 0, to: 1 }), part('two', { from: -1 })]);
  const started = start(plan, works);
  expect(await started.end).toMatchObject({ status: 'succeeded' });
  expect(started.port.rounds.map(({ hosts }) => hosts)).toEqual([['a', 'b'], ['c']]);
});
