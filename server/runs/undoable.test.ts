import { expect, test } from 'vitest';
import type { HostCell, StepView } from '../../ledger/projections/step-views.ts';
import { digest, hostName, stepInstance } from '../../plan/ids.ts';
import type { Plan, RunStep, Step } from '../../plan/plan.ts';
import { undoableSteps } from './undoable.ts';

const common = { at: { file: 'a.yaml', line: 1, column: 1 }, check: [], onFailure: 'hold' } as const;
const script = { sha256: digest('s'), shell: 'sh', includes: [] };

function run(id: string, undo: boolean): RunStep {
  return {
    ...common,
    kind: 'run',
    id,
    on: [],
    any: false,
    effect: 'change',
    mayFail: false,
    idempotent: false,
    onUnknown: 'ask',
    env: {},
    outputs: {},
    sensitive: false,
    script,
    ...(undo ? { rollback: { script, env: {} } } : {}),
  };
}

const unit = (name: string, steps: readonly Step[]) =>
  ({ name, inputs: {}, hostVars: [], steps, outputs: {}, report: [] }) as const;
const used: Step = { ...common, kind: 'use', id: 'used', unit: 'other', with: {} };
const group: Step = { ...common, kind: 'group', id: 'each', parallel: false, steps: [run('put', true)] };
const plan: Plan = {
  format: 1,
  interpreter: 1,
  runbook: 'main',
  summary: '',
  sources: [],
  inputs: {},
  hosts: [],
  locks: [],
  onFailure: 'hold',
  main: 'main',
  units: {
    main: unit('main', [run('plain', false), group, used]),
    other: unit('other', [run('deep', true)]),
  },
};

function row(step: string, ...cells: readonly Partial<HostCell>[]): StepView {
  const hosts = cells.map(
    (cell, i): HostCell => ({
      host: hostName(`h${i}`),
      state: 'ended',
      generation: 0,
      ...cell,
    }),
  );
  return { step: stepInstance(step), title: step, hosts };
}

test('names steps that have a rollback, in loops and used runbooks too, the last first', () => {
  const done = { outcome: 'succeeded' } as const;
  const rows = [
    row('plain', done),
    row('each[h0]/put', done),
    row('each[h1]/put', done),
    row('used/deep', done),
  ];
  expect(undoableSteps(plan, rows).map(({ step }) => step)).toEqual([
    'used/deep',
    'each[h1]/put',
    'each[h0]/put',
  ]);
});

test('names the hosts where it took effect, or may have', () => {
  const result = { host: hostName('h2'), generation: 0, outcome: 'failed', rc: 1 } as const;
  const cells: readonly Partial<HostCell>[] = [
    { outcome: 'succeeded' },
    { outcome: 'unchanged' },
    { outcome: 'failed', result },
    { outcome: 'failed' },
    { outcome: 'unreachable' },
    { outcome: 'unknown' },
    { state: 'running' },
  ];
  expect(undoableSteps(plan, [row('each[h0]/put', ...cells)])).toEqual([
    { step: 'each[h0]/put', hosts: ['h0', 'h2', 'h5'] },
  ]);
});
