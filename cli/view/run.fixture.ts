import type { RunView } from '../../server/api/runs.ts';

export const NOW = 1_800_000_060_000;
const START = NOW - 60_000;

/** A run that is held on one of three hosts. */
export const HELD: RunView = {
  run: 'r-20261123-h3k2x7',
  runbook: 'etcd/start',
  status: 'held',
  requested_at: START,
  requested_by: { kind: 'person', subject: 'ada', issuer: 'local' },
  reason: 'after the move',
  started_at: START,
  plan: 'a'.repeat(64),
  inputs: { cluster: [{ $host: 'etcd00' }, { $host: 'etcd01' }] },
  epoch: 1,
  steps: [
    {
      step: 'look',
      title: 'look',
      outcome: 'succeeded',
      started_at: START,
      ended_at: START + 1500,
      hosts: [
        { host: 'etcd00', outcome: 'succeeded', generation: 0 },
        { host: 'etcd01', outcome: 'unchanged', generation: 0 },
      ],
    },
    {
      step: 'join[etcd01]/start',
      title: 'Start the member',
      outcome: 'running',
      started_at: START + 2000,
      hosts: [
        { host: 'etcd00', outcome: 'succeeded', generation: 0 },
        {
          host: 'etcd01',
          outcome: 'failed',
          generation: 0,
          rc: 3,
          reason: 'no such luck',
          place: 'start.sh:12',
        },
      ],
    },
  ],
  gates: [],
  held: [
    {
      step: 'join[etcd01]/start',
      hosts: ['etcd01'],
      why: 'etcd01: failed, no such luck',
      offers: ['retry', 'skip', 'abort'],
      since: NOW - 30_000,
    },
  ],
  undoable: [],
  locks: ['host/etcd00', 'host/etcd01'],
  report: [],
  seq: 17,
};

export const WAITING: RunView = {
  ...HELD,
  status: 'waiting',
  held: [],
  steps: HELD.steps.slice(0, 1),
  gates: [
    {
      run: HELD.run,
      step: 'really',
      ask: 'Stop every member?',
      by: ['sre'],
      count: 1,
      approvals: [],
      opened_at: NOW - 1000,
      expires: NOW + 3_600_000,
      shown: { look: { etcd00: { members: '3', revision: 41 }, etcd01: { members: '3', revision: 40 } } },
      shown_digest: 'b'.repeat(64),
    },
  ],
};
