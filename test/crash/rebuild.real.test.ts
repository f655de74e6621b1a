import { describe, expect, test } from 'vitest';
import type { Entry } from '../../ledger/events.ts';
import { hostName, runId, stepInstance } from '../../plan/ids.ts';
import { duplicatesOn, libraryWithWitness, wrongAttempts } from './rebuildWitness.ts';

describe('the witness of a rebuild', () => {
  const at = (job: string) => `/home/h/.holdfast/runs/r/${job}/output`;

  test('agrees with a record of scripts that ran once, and of one that had nothing to do', () => {
    const record = [
      started('copy', 'j1'),
      ended('copy', 'succeeded'),
      started('plain', 'j2'),
      ended('plain', 'unchanged'),
    ];
    expect(duplicatesOn('h', [`${at('j1')}.before`, at('j1'), `${at('j2')}.before`], record)).toEqual([]);
    expect(wrongAttempts(record)).toEqual([]);
  });

  test('sees a script that ran twice, one that never ran, and one that nobody recorded', () => {
    const record = [
      started('copy', 'j1'),
      ended('copy', 'succeeded'),
      started('plain', 'j2'),
      ended('plain', 'succeeded'),
    ];
    expect(duplicatesOn('h', [at('j1'), at('j1'), at('j9')], record)).toEqual([
      'copy on h (succeeded) was run 2 times',
      'plain on h (succeeded) was run 0 times',
      'j9 on h was run, and is not in the record',
    ]);
  });

  test('sees an attempt that stands twice, and a generation that nobody opened', () => {
    const twice = [
      started('copy', 'j1'),
      started('copy', 'j1'),
      ended('copy', 'failed'),
      started('copy', 'j2', 1),
    ];
    expect(wrongAttempts(twice)).toEqual([
      'copy on h, generation 0 started 2 times',
      'copy on h, generation 1 has no end',
      'copy on h, generation 1 was not opened',
    ]);
  });

  test('is included by every runbook of the library', async () => {
    expect((await libraryWithWitness())['etcd/etcd.yaml']).toContain('include:\n  - ../lib/witness.sh\n');
  });
});

const AT = { run: runId('r'), epoch: 0, actor: { kind: 'engine' }, key: 'k', seq: 1, at: 0 } as const;

function started(step: string, job: string, generation = 0): Entry {
  return {
    ...AT,
    kind: 'attempt.started',
    data: { step: stepInstance(step), host: hostName('h'), generation, job },
  };
}

function ended(step: string, outcome: 'succeeded' | 'unchanged' | 'failed', generation = 0): Entry {
  const result = { host: hostName('h'), generation, outcome };
  return { ...AT, kind: 'attempt.ended', data: { step: stepInstance(step), result } };
}
