import { describe, expect, it } from 'vitest';
import type { Step } from '../plan/plan.ts';
import { compileTexts, found, runbookOf } from './compile.fixture.ts';

function stepsOf(text: string): readonly Step[] {
  const result = compileTexts({ 'main.yaml': text });
  if (!result.ok) throw new Error(found(result).join('\n'));
  return result.compiled.plan.units.main?.steps ?? [];
}

describe('wait', () => {
  it('is a time, also out of an input', () => {
    const steps = stepsOf(
      runbookOf(
        `  - { id: a, wait: 1m30s }\n  - { id: b, wait: "\${{ soak }}" }\n`,
        'inputs: { soak: { type: duration, default: 5m } }\n',
      ),
    );
    expect(steps).toMatchObject([
      { kind: 'wait', time: 90_000 },
      { kind: 'wait', time: { cel: 'soak' } },
    ]);
  });

  it('with done is a job that reads and looks until it holds, at most for its time', () => {
    const [step] = stepsOf(
      runbookOf(
        '  - { id: a, on: etcd, wait: 10m, done: { run: ls ready, every: 2s }, outputs: { mb: int } }\n',
      ),
    );
    expect(step).toMatchObject({
      kind: 'run',
      waits: true,
      effect: 'read',
      timeoutMs: 660_000,
      done: { everyMs: 2_000, withinMs: 600_000 },
      outputs: { mb: { type: { kind: 'int' } } },
    });
  });

  it('locks no host: it changes nothing', () => {
    const result = compileTexts({
      'main.yaml': runbookOf('  - { id: a, on: etcd, wait: 10m, done: ls ready }\n'),
    });
    expect(result.ok && result.compiled.plan.locks).toEqual([]);
  });
});

describe('manual', () => {
  it('is what there is to do, or that with who, until when and what is shown', () => {
    const steps = stepsOf(
      runbookOf(
        `  - { id: look, on: etcd, effect: read, run: x }\n  - { id: a, manual: "Move the cable of \${{ run.id }}." }\n  - { id: b, manual: { do: Again., by: [ops], expires: 2d, show: look } }\n`,
      ),
    );
    expect(steps.slice(1)).toMatchObject([
      { kind: 'manual', by: [], expiresMs: 604_800_000, show: [] },
      { kind: 'manual', task: ['Again.'], by: ['ops'], expiresMs: 172_800_000, show: ['look'] },
    ]);
  });

  it('is no gate: what destroys behind it is still asked for', () => {
    const result = compileTexts({
      'main.yaml': runbookOf(
        '  - { id: a, manual: Look. }\n  - { id: b, on: etcd, effect: destroy, run: x }\n',
      ),
    });
    expect(found(result).join()).toContain('destroy/no-gate');
  });
});

describe('max_failures', () => {
  it('is a number or a share, of a step and of a loop over hosts', () => {
    const steps = stepsOf(
      runbookOf(
        '  - { id: a, on: etcd, serial: 1, max_failures: 2, run: x }\n  - { id: b, on: etcd, as: m, max_failures: 25 %, steps: [{ id: c, run: x }] }\n',
      ),
    );
    expect(steps).toMatchObject([{ maxFailures: { hosts: 2 } }, { loop: { maxFailures: { percent: 25 } } }]);
  });
});
