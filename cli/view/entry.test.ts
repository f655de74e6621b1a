import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import type { EntryView } from '../../server/api/ledger.ts';
import { entryLine } from './entry.ts';

const paint = picocolors.createColors(false);

function entry(
  kind: string,
  data: EntryView['data'],
  actor: EntryView['actor'] = { kind: 'engine' },
): EntryView {
  return {
    seq: 1,
    at: new Date(2026, 10, 23, 14, 5, 9).getTime(),
    run: 'r-1',
    epoch: 1,
    actor,
    kind,
    key: 'k',
    data,
  };
}

test('a failed attempt is time, step, host, outcome, exit status, reason and place', () => {
  const result = {
    host: 'h1',
    generation: 0,
    outcome: 'failed',
    rc: 3,
    reason: 'no such luck',
    place: 'a.sh:2',
  };
  expect(entryLine(paint, entry('attempt.ended', { step: 'start', result }))).toBe(
    '14:05:09  start  h1  ✗ failed     exit 3  no such luck  a.sh:2',
  );
});

test('a hold says where and why', () => {
  const data = { step: 'start', hosts: ['h1', 'h2'], why: 'h1: failed', offers: ['retry'] };
  expect(entryLine(paint, entry('run.held', data))).toBe('14:05:09  start  h1,h2  HELD  h1: failed');
});

test('who decided stands beside what', () => {
  const data = { ask: 'a', says: 'It goes on.', action: { kind: 'resume' } };
  const ada = { kind: 'person', subject: 'ada', issuer: 'local' } as const;
  expect(entryLine(paint, entry('operator.applied', data, ada))).toBe('14:05:09  resume by ada  It goes on.');
});

test('bookkeeping makes no line', () => {
  expect(entryLine(paint, entry('lock.released', { names: ['host/h1'] }))).toBeUndefined();
});

test('a kind that is newer than this command is shown rather than hidden', () => {
  expect(entryLine(paint, entry('moon.rose', { full: true }))).toContain('moon.rose');
});

test('a step that runs as another user says so when it starts', () => {
  const data = { step: 'put', title: 'put', hosts: ['h1'] };
  expect(entryLine(paint, entry('step.started', data))).not.toContain(' as ');
  expect(entryLine(paint, entry('step.started', { ...data, become: 'root' }))).toContain('started as root');
});
