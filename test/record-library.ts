import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { jsonDigest, planDigest } from '../plan/digest.ts';
import { type RunId, runId } from '../plan/ids.ts';
import type { OperatorAsk } from '../plan/operator.ts';
import { freePort } from '../server/embedded/freePort.ts';
import { superviseTemporal, temporalAnswers } from '../server/embedded/temporal.ts';
import { cacheFolder } from '../toolbox/cacheFolder.ts';
import { findProgram } from '../toolbox/findProgram.ts';
import { workflowBundle } from '../worker/bundle/workflowBundle.ts';
import { dataConverter } from '../worker/payloads.ts';
import type { RunInput } from '../workflows/input.ts';
import { MockPort } from '../workflows/mock-port.ts';
import type { Activities } from '../workflows/port.ts';
import { DEFAULT_ZONE, zoneQueue } from '../workflows/queues.ts';
import { keepHistory, type Story, stories } from './histories/library.ts';
import { scrubbed } from './histories/scrub.ts';

/**
 * Records a golden history of every runbook of the library (or of those named): the plan and the mocked hosts of a case of its
 * tests, walked by the real workflow on a real Temporal. To be called where `record-histories.ts` is.
 */
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const names = [
  [REPOSITORY, '/holdfast'],
  [`@${hostname()}`, '@a-host'],
] as const;

await using parts = new AsyncDisposableStack();
const folder = await mkdtemp(join(tmpdir(), 'holdfast-library-'));
parts.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger });
const { path: program } = await findProgram('temporal');
const port = await freePort(undefined);
const log = join(folder, 'temporal.log');
const temporal = superviseTemporal({ program, database: join(folder, 't.db'), port, log, changed: () => {} });
parts.defer(() => temporal.stop(10_000));
const address = `127.0.0.1:${port}`;
await temporalAnswers({ address, namespace: 'default' }, 30_000, log);
const connection = await NativeConnection.connect({ address });
parts.defer(() => connection.close());
const client = new Client({ connection, dataConverter });

const wanted = process.argv.slice(2);
const told = (await stories()).filter(({ runbook }) => wanted.length === 0 || wanted.includes(runbook));
const ports = new Map<RunId, MockPort>(
  told.map(({ runbook, setup }) => [
    idOf(runbook),
    new MockPort({ answer: setup.answer, clock: { now: Date.now, sleep: async () => {} } }),
  ]),
);
const plans = new Map(told.map(({ setup: { plan } }) => [planDigest(plan), plan]));
const worker = await Worker.create({
  connection,
  dataConverter,
  workflowBundle: await workflowBundle(join(cacheFolder(), 'workflow-bundles'), logger),
  taskQueue: zoneQueue(DEFAULT_ZONE),
  activities: mocked(),
});
await mkdir(fileURLToPath(new URL('histories/library', import.meta.url)), { recursive: true });
await worker.runUntil(async () => {
  for (const story of told) await record(story);
});

function idOf(runbook: string): RunId {
  return runId(`r-${runbook.replaceAll('/', '-')}`);
}

function portOf(run: RunId): MockPort {
  const found = ports.get(run);
  if (!found) throw new Error(`nobody told of ${run}`);
  return found;
}

function mocked(): Omit<Activities, 'followRound' | 'cancelRound' | 'recall'> {
  const signal = new AbortController().signal;
  const startRound: Activities['startRound'] = async (request, first) => {
    const of = portOf(request.run);
    for (const entry of first) of.note(entry);
    return { settled: await of.round(request, { signal }), running: [] };
  };
  return {
    startRound,
    startRoundLocal: startRound,
    askHosts: (request) => startRound(request, []),
    async record(entries) {
      const stored = [];
      for (const entry of entries) stored.push(await portOf(entry.run).record(entry));
      const last = stored.at(-1);
      if (!last) throw new Error('nothing to record');
      return last;
    },
    async loadPlan(plan) {
      const found = plans.get(plan);
      if (!found) throw new Error(`no plan ${plan}`);
      return found;
    },
    loadTexts: async (digests) => digests,
    digest: async (json) => jsonDigest(json),
    acquireLocks: async () => {},
    releaseLocks: async () => {},
    closeRun: async () => ({ left: [] }),
  };
}

async function record({ runbook, setup, walked }: Story): Promise<void> {
  const run = idOf(runbook);
  const plan = planDigest(setup.plan);
  const { requestedBy, identity } = setup;
  const input: RunInput = { run, plan, epoch: 1, requestedBy, reason: 'a test', identity };
  const taskQueue = zoneQueue(DEFAULT_ZONE);
  const workflow = await client.workflow.start('run', { taskQueue, workflowId: run, args: [input] });
  for (const entry of walked.record.values()) {
    if (entry.kind !== 'operator.applied') continue;
    const { ask, action, point } = entry.data;
    for (;;) {
      const waiting = await workflow.query<readonly { readonly point: string }[]>('waiting');
      if (waiting.some((one) => one.point === point)) break;
      await pause(50);
    }
    const asked: OperatorAsk = { ask, action, actor: entry.actor, reason: 'recorded' };
    await workflow.executeUpdate('operate', { args: [asked], updateId: ask });
  }
  const { status } = await workflow.result();
  const history = await workflow.fetchHistory();
  const json = await scrubbed(JSON.parse(historyToJSON(history)), names);
  const bytes = await keepHistory(runbook, { run, history: json });
  console.log(`${runbook}: ${status}, ${history.events?.length ?? 0} events, ${Math.round(bytes / 1024)} KB`);
}
