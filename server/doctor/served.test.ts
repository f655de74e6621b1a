import { expect, test } from 'vitest';
import type { RunSummary } from '../../ledger/projections/run-summary.ts';
import { digest, runId } from '../../plan/ids.ts';
import type { Plan } from '../../plan/plan.ts';
import { PLAN } from '../app.fixture.ts';
import { served } from './served.ts';

const RUN: RunSummary = {
  run: runId('r-1'),
  plan: digest('p'),
  runbook: 'demo/hello',
  status: 'running',
  requestedAt: 1,
  by: { kind: 'engine' },
  reason: '',
  held: [],
  gates: [],
  updatedAt: 1,
  lastSeq: 1,
};

function look(plan: object, runs: readonly RunSummary[] = [RUN], pollers = 0) {
  const made: Plan = JSON.parse(JSON.stringify({ ...PLAN, ...plan }));
  return served({
    ledger: { runsList: async () => runs, plan: async () => made },
    engine: { pollers: async () => pollers },
  });
}

test('an open run whose plan is of a newer Holdfast is named', async () => {
  const { level, says, mend } = await look({ interpreter: 2 });
  expect(level).toBe('error');
  expect(says).toBe('r-1: its plan is for interpreter 2, which this Holdfast does not know');
  expect(mend).toContain('A newer Holdfast started it');
});

test('an open run with hosts in a zone without a worker is named, and not where there is one', async () => {
  const hosts = PLAN.hosts.map((host) => ({ ...host, zone: 'dmz' }));
  expect((await look({ hosts })).says).toBe('r-1: no worker serves the zone dmz, where hosts of it are');
  expect(await look({ hosts }, [RUN], 1)).toMatchObject({ level: 'ok' });
});

test('a run that has ended needs nobody', async () => {
  expect(await look({ interpreter: 2 }, [{ ...RUN, endedAt: 2 }])).toEqual({
    level: 'ok',
    says: 'no run is open',
  });
});
