import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import type { EntryView } from '../../server/api/ledger.ts';
import { recordLine } from './record.ts';

const paint = picocolors.createColors(false);
const ada = { kind: 'person', subject: 'ada', issuer: 'local' } as const;

function line(kind: string, data: EntryView['data'], actor: EntryView['actor'] = { kind: 'engine' }): string {
  const at = new Date(2026, 10, 23, 14, 5, 9).getTime();
  return recordLine(
    paint,
    { seq: 7, at, run: 'r-1', epoch: 1, actor, kind, key: 'k', data },
    { withRun: true },
  );
}

test.each([
  [
    'attempt.started',
    { step: 'a/b', host: 'h1', generation: 0, boot: 'b0' },
    'a/b  h1  may be sent  boot b0',
  ],
  ['attempt.started', { step: 'a/b', host: 'h1', generation: 2 }, 'a/b  h1  may be sent  try 3'],
  ['lock.taken', { names: [] }, 'needs no lock'],
  ['lock.taken', { names: ['host/h1'] }, 'locked host/h1'],
  ['lock.released', { names: ['host/h1', 'db'] }, 'let go of host/h1 db'],
  [
    'place.chosen',
    { host: 'h1', directory: '/home/a/r', token: 't', memory: false },
    'h1  works in /home/a/r',
  ],
  ['step.ended', { step: 'a', outcome: 'succeeded', hosts: { h1: 'succeeded' } }, 'a  ended: succeeded'],
  [
    'probe.ended',
    { step: 'a', of: 'done', result: { host: 'h1', generation: 0, outcome: 'failed', rc: 1 } },
    'a  h1  asked for a plan: not done yet',
  ],
  [
    'probe.ended',
    { step: 'a', of: 'done', result: { host: 'h1', generation: 0, outcome: 'failed' } },
    'a  h1  asked for a plan: could not be asked',
  ],
  ['run.continued', { from: 3 }, 'goes on in a new history of Temporal'],
])('%s says what happened and where', (kind, data, said) => {
  const found = line(kind, data);
  expect(found.replace('  r-1', '')).toBe(`     7  2026-11-23 14:05:09  ${said}`);
});

test('what a person asked stands there with the reason, also before it is answered', () => {
  const data = {
    ask: 'a',
    action: { kind: 'abort', rollback: false },
    reason: 'the wrong cluster',
    expires: 1,
  };
  expect(line('operator.asked', data, ada)).toBe(
    '     7  2026-11-23 14:05:09  r-1  abort asked by ada  the wrong cluster',
  );
});

test('the run is named once, and not at all where one run was asked for', () => {
  expect(line('run.started', { plan: 'p' })).toBe('     7  2026-11-23 14:05:09  r-1  started');
  const entry: EntryView = {
    seq: 7,
    at: 0,
    run: 'r-1',
    epoch: 1,
    actor: ada,
    kind: 'lock.released',
    key: 'k',
    data: { names: ['x'] },
  };
  expect(recordLine(paint, entry, { withRun: false })).not.toContain('r-1');
});

test('a place is shown without the token that proves it', () => {
  const data = { host: 'h1', directory: '/d', token: 'secret-token', memory: false };
  expect(line('place.chosen', data)).not.toContain('secret-token');
});
