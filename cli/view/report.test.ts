import { expect, test } from 'vitest';
import type { StepView } from '../../server/api/runs.ts';
import { decisionsOf } from './decisions.ts';
import { reportMarkdown, reportOf } from './report.ts';
import { HELD } from './run.fixture.ts';

const inner: StepView = {
  step: 'triage/verdict',
  title: 'What is it',
  outcome: 'succeeded',
  hosts: [],
  values: { serving: 1 },
  choice: 'quorum_lost',
};
const quiet: StepView = { step: 'triage/wait', title: 'wait', outcome: 'succeeded', hosts: [] };
const outer: StepView = { step: 'triage', title: 'Triage', outcome: 'succeeded', hosts: [] };
const view = { ...HELD, reason: 'two lost.', report: ['triage'], steps: [outer, quiet, inner] };

test('what a step made of others found stands under it; what found nothing is left out', () => {
  const page = reportMarkdown(view);
  expect(page).toMatch(/## Triage\n\n### What is it\n\nChoice: \*\*quorum_lost\*\*/);
  expect(page).toContain('| serving | 1 |');
  expect(page).not.toContain('wait');
  expect(reportOf(view).steps).toMatchObject([
    { step: 'triage', inside: [{ step: 'triage/verdict', choice: 'quorum_lost', values: { serving: 1 } }] },
  ]);
});

test('what each step and the whole took is told', () => {
  const timed = { ...view, steps: [{ ...outer, started_at: 1_000, ended_at: 43_500 }, inner] };
  expect(reportMarkdown({ ...timed, started_at: 0, ended_at: 61_000 })).toMatch(
    /## Times\n\n\| step \| took \|\n.*\n\| Triage \| 42\.5 s \|\n\| all of it \| 1 min 01 s \|$/,
  );
  expect(reportOf(timed).steps).toMatchObject([{ step: 'triage', took_ms: 42_500 }]);
});

test('what was given, and what people decided on the way, stands before what was found', () => {
  const decision = {
    at: Date.UTC(2026, 10, 23, 14, 5, 9),
    by: 'ada',
    action: 'approve go_ahead',
    reason: 'both disks are gone',
    says: 'Approved.',
  };
  const page = reportMarkdown({ ...view, inputs: { gone: 'etcd02' } }, [decision]);
  expect(page).toMatch(
    /## Inputs\n\n.*\n.*\n\| gone \| etcd02 \|\n\n## Decisions\n\n.*\n.*\n\| 2026-11-23 .* \| ada \| approve go_ahead \| both disks are gone \| Approved\. \|\n\n## Triage/,
  );
  expect(reportOf(view, [decision]).decisions).toEqual([decision]);
});

test('a decision is what a person asked and was taken', () => {
  const entry = {
    seq: 7,
    at: 5,
    run: 'r-1',
    epoch: 1,
    actor: { kind: 'person' as const, subject: 'ada', issuer: 'local' },
    kind: 'operator.applied',
    key: 'k',
    data: { ask: 'a', says: 'Approved.', action: { kind: 'approve', step: 'go_ahead' }, reason: 'yes' },
  };
  expect(decisionsOf([{ ...entry, kind: 'operator.asked' }, entry])).toEqual([
    { at: 5, by: 'ada', action: 'approve go_ahead', reason: 'yes', says: 'Approved.' },
  ]);
});

test('a reason that is a sentence keeps its one full stop', () => {
  expect(reportMarkdown(view)).toContain(': two lost.\n');
});

test('what ran as another user says as whom', () => {
  const steps = [outer, { ...inner, become: 'etcd' }];
  expect(reportMarkdown({ ...view, steps })).toContain('Run as etcd.');
  expect(reportOf({ ...view, steps }).steps).toMatchObject([{ inside: [{ become: 'etcd' }] }]);
});
