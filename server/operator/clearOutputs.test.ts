import { expect, test } from 'vitest';
import { stepInstance } from '../../plan/ids.ts';
import type { OperatorAction } from '../../plan/operator.ts';
import type { Plan } from '../../plan/plan.ts';
import { refuseClearOutputs } from './clearOutputs.ts';

const TEXT = { kind: 'string' } as const;
const login = {
  kind: 'run',
  id: 'login',
  outputs: { token: { type: TEXT, sensitive: true }, user: { type: TEXT } },
};
const other = { kind: 'run', id: 'other', outputs: { token: { type: TEXT } } };
const PLAN = {
  units: { main: { steps: [other] }, used: { steps: [{ kind: 'group', id: 'g', steps: [login] }] } },
} as unknown as Plan;

function skip(outputs: Readonly<Record<string, string>>, step?: string): () => void {
  const at = step === undefined ? {} : { step: stepInstance(step) };
  return () => refuseClearOutputs(PLAN, { kind: 'skip', ...at, outputs } satisfies OperatorAction);
}

test.each([undefined, 'g/login', 'u[h1]/g/login', 'g/login~2'])(
  'a sensitive output is not taken in clear, nor repeated (%s)',
  (step) => {
    expect(skip({ token: 'canary' }, step)).toThrow(expect.objectContaining({ code: 'output/sensitive' }));
    expect(skip({ token: 'canary' }, step)).not.toThrow(/canary/);
    expect(skip({ token: 'sealed:r/1' }, step)).toThrow(
      expect.objectContaining({ code: 'output/sensitive' }),
    );
  },
);

test('by where it is found it is, and so is any other output', () => {
  expect(skip({ token: 'file:/run/token', user: 'ada' }, 'g/login')).not.toThrow();
  expect(skip({ token: 'anything' }, 'other')).not.toThrow();
  expect(() => refuseClearOutputs(PLAN, { kind: 'abort', rollback: false })).not.toThrow();
});
