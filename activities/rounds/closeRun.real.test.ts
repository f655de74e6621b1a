import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import type { EventData, EventKind, PendingEntry } from '../../ledger/events.ts';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { digest, hostName, type RunId, runId, stepInstance } from '../../plan/ids.ts';
import type { Outcome } from '../../plan/outcomes.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import { performRequest } from '../http/performRequest.ts';
import { localConnection } from '../jobs/localShell.ts';
import { jobId } from '../jobs/shell.ts';
import { systemClock } from '../jobs/systemClock.ts';
import type { Connected } from '../ssh/ssh.ts';
import { createRounds } from './rounds.ts';
import { only } from './roundsForTest.ts';

const HOST = hostName('etcd00');
const home = mkdtempSync(join(tmpdir(), 'holdfast-close-'));
const ledger: OpenLedger = openLedger({ path: ':memory:' });
const shell = localConnection({
  shell: ['sh'],
  env: { HOME: home, PATH: process.env.PATH ?? '/usr/bin:/bin' },
});
const plan = { hosts: [{ name: HOST, zone: 'default' }], sources: [] } as unknown as Plan;
let run: RunId;
let runs = 0;

beforeEach(() => {
  run = runId(`run-${runs++}`);
});
afterAll(async () => {
  await ledger.close();
  rmSync(home, { recursive: true, force: true });
});

function worker(connected: Connected = { ok: true, connection: shell }) {
  const letGo = new AbortController();
  const rounds = createRounds({
    ledger,
    pool: { connect: async () => connected },
    planOf: async () => plan,
    textOf: (text) => ledger.blob(text),
    request: performRequest,
    clock: systemClock,
    call: () => ({
      stop: new AbortController().signal,
      letGo: letGo.signal,
      stopping: () => letGo.signal.aborted,
      done: () => {},
    }),
  });
  return { ...rounds, letGo };
}

async function job(text: string): Promise<RoundRequest> {
  const script = { sha256: await ledger.putBlob(text), shell: 'sh -eu', includes: [] };
  return {
    run,
    epoch: 1,
    plan: digest('plan'),
    step: stepInstance('work'),
    zone: 'default',
    effect: 'change',
    work: { kind: 'job', script },
    env: {},
    tasks: [{ host: HOST, generation: 0, env: {} }],
    outputs: {},
    sensitive: false,
    timeoutMs: 60_000,
  };
}

async function record<K extends EventKind>(kind: K, data: EventData[K]): Promise<void> {
  const key = `${kind} ${run} ${Math.random()}`;
  await ledger.append([{ key, run, epoch: 1, actor: { kind: 'engine' }, kind, data } as PendingEntry]);
}

function close(rounds = worker()) {
  return rounds.closeRun({ run, epoch: 1, plan: digest('plan'), zone: 'default' });
}

const here = () => existsSync(join(home, '.holdfast/runs', run));
const ended = () => record('run.ended', { status: 'succeeded' });

it('a run that has ended leaves nothing on its host, and what it did stays known', async () => {
  const request = await job('echo done');
  const result = only(await worker().startRound(request, []));
  expect((await close()).left).toEqual([HOST]);
  expect(here(), 'before its end is recorded').toBe(true);
  await ended();
  expect(await close()).toEqual({ left: [] });
  expect(readdirSync(join(home, '.holdfast/runs'))).toEqual([]);
  expect(only(await worker().followRound(request))).toEqual(result);
  expect((await close()).left, 'a second time there is nothing left to do').toEqual([]);
});

it('while a job of it runs, its directory stays', async () => {
  const first = worker();
  const running = first.followRound(await job('echo $$ >"$HOME/pid"; exec sleep 60'));
  await shell.script('until [ -s "$HOME/pid" ]; do sleep 0.05; done\n');
  first.letGo.abort();
  await running;
  await ended();
  expect((await close()).left).toEqual([HOST]);

  // Also where the record says that it is over: the host is asked.
  await record('attempt.ended', {
    step: stepInstance('work'),
    result: { host: HOST, generation: 0, outcome: 'failed' },
  });
  expect((await close()).left).toEqual([HOST]);
  expect(here()).toBe(true);

  const stop = 'kill "$(cat "$HOME/pid")"; until [ -n "$(ls "$1" | grep "^rc\\.")" ]; do sleep 0.05; done';
  const directory = join(home, '.holdfast/runs', run, jobOfWork());
  await shell.script(`set -- '${directory}'; ${stop}\n`);
  expect((await close()).left).toEqual([]);
  expect(here()).toBe(false);
});

it('an unknown outcome keeps it until somebody has settled it', async () => {
  await worker().startRound(await job('echo done'), []);
  const step = stepInstance('other');
  const unknown: Outcome = 'unknown';
  await record('attempt.ended', { step, result: { host: HOST, generation: 0, outcome: unknown } });
  await ended();
  expect((await close()).left).toEqual([HOST]);
  await record('unknown.resolved', { step, host: HOST, generation: 0, outcome: 'succeeded', by: 'person' });
  expect((await close()).left).toEqual([]);
});

it('a host that is not reached keeps it, and nobody waits for it', async () => {
  await worker().startRound(await job('echo done'), []);
  await ended();
  const failure = { kind: 'refused', transient: true, says: 'connection refused' } as const;
  expect((await close(worker({ ok: false, failure }))).left).toEqual([HOST]);
  expect(here()).toBe(true);
});

it('a newer walk of the run that has been there keeps it', async () => {
  await worker().startRound(await job('echo done'), []);
  await ended();
  await shell.script(`true >"$HOME/.holdfast/runs/${run}/epoch.2"\n`);
  expect((await close()).left).toEqual([HOST]);
});

function jobOfWork(): string {
  return jobId({ run, step: stepInstance('work'), host: HOST, generation: 0 });
}
