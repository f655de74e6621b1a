import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import type { Connected, SshPool } from '../activities/ssh/ssh.ts';
import { type Inventory, makeInventory } from '../inventory/inventory.ts';
import type { EventData, EventKind, PendingEntry } from '../ledger/events.ts';
import { openLedger } from '../ledger/open.ts';
import { planDigest } from '../plan/digest.ts';
import { type HostName, hostName, type RunId } from '../plan/ids.ts';
import type { Plan, PlanHost } from '../plan/plan.ts';
import { buildApp } from './app.ts';
import { FakeEngine } from './engine/fake.ts';
import { composeParts, type Parts } from './parts.ts';
import type { RunbookLibrary } from './runbooks/library.ts';

export const TOKEN = 'hf_test';
export const ADA = { kind: 'person', subject: 'ada', issuer: 'local' } as const;

export type TestServer = AsyncDisposable & {
  readonly app: FastifyInstance;
  readonly parts: Parts;
  readonly engine: FakeEngine;
  /** With the token, and JSON in and out. */
  call(
    method: 'GET' | 'POST',
    url: string,
    body?: object,
    headers?: InjectOptions['headers'],
  ): Promise<Answer>;
  /** Writes what a run's workflow would. */
  write<K extends EventKind>(run: RunId, kind: K, data: EventData[K], id?: string): Promise<void>;
};

export type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };

/** The whole HTTP side over a ledger in memory, an engine without workflows, and hosts that are not there. */
export async function testServer(over: { readonly clock?: () => number } = {}): Promise<TestServer> {
  const ledger = openLedger({ path: ':memory:', ...over });
  const engine = new FakeEngine();
  const closing = new AbortController();
  const parts = composeParts({
    ledger,
    engine,
    library: onePlan(),
    readInventory: async () => oneHost(),
    ssh: noHosts,
    prober: async () => ({ probes: [], expectations: [], warnings: [] }),
    actor: ADA,
    token: TOKEN,
    dataDir: '.',
    log: pino({ level: 'silent' }),
    clock: over.clock ?? Date.now,
    restarts: () => ({ worker: 0, temporal: 0 }),
    closing: closing.signal,
    answerWaitMs: 20,
  });
  const app = await buildApp(parts);
  return {
    app,
    parts,
    engine,
    async call(method, url, body, headers = {}) {
      const authorization = `Bearer ${TOKEN}`;
      const options = { method, url, headers: { authorization, ...headers } } as const;
      const response = await app.inject(body === undefined ? options : { ...options, body });
      return { status: response.statusCode, body: response.json() };
    },
    async write(run, kind, data, id = '') {
      const entry = { key: `${run}/${kind}/${id}`, run, epoch: 1, actor: { kind: 'engine' }, kind, data };
      await ledger.append([entry as PendingEntry]);
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await app.close();
      await parts.outbox.close();
      await ledger.close();
    },
  };
}

const HOST: PlanHost = {
  name: hostName('h1'),
  address: '127.0.0.1',
  port: 22,
  user: 'ada',
  zone: 'default',
  groups: ['web'],
  vars: {},
  ssh: {},
};

function oneHost(): Inventory {
  const groups = new Map<string, readonly HostName[]>([
    ['all', [HOST.name]],
    ['web', [HOST.name]],
  ]);
  return makeInventory([HOST], groups, {
    files: ['inventory.yaml'],
    warnings: [],
    unread: new Map(),
  });
}

const noHosts: SshPool = {
  async connect(): Promise<Connected> {
    return { ok: false, failure: { kind: 'refused', transient: true, says: 'nobody listens there' } };
  },
  async close() {},
};

export const PLAN: Plan = {
  format: 1,
  interpreter: 1,
  runbook: 'demo/hello',
  summary: 'Says hello.',
  sources: [],
  inputs: { name: 'world' },
  hosts: [HOST],
  locks: ['host/h1'],
  onFailure: 'hold',
  main: 'demo/hello',
  units: {
    'demo/hello': {
      name: 'demo/hello',
      inputs: {},
      hostVars: [],
      steps: [
        {
          kind: 'approve',
          id: 'sure',
          title: ['Is ', { cel: 'name' }, ' ready?'],
          at: { file: 'demo/hello.yaml', line: 5, column: 5 },
          check: [],
          onFailure: 'hold',
          ask: ['Greet ', { cel: 'name' }],
          by: ['ada'],
          count: 1,
          allowRequester: true,
          expiresMs: 3_600_000,
          show: [],
        },
      ],
      outputs: {},
      report: ['sure'],
    },
  },
};

function onePlan(): RunbookLibrary {
  const summary = { name: 'demo/hello', summary: 'Says hello.', file: 'demo/hello.yaml', complaints: 0 };
  return {
    list: async () => [summary],
    detail: async (name) =>
      name === summary.name ? { ...summary, inputs: [], steps: [], source: '', complaints: [] } : undefined,
    async compile(request) {
      if (request.runbook !== summary.name)
        return { ok: false, complaints: [{ message: 'there is no such runbook' }] };
      if ('bad' in request.inputs) {
        return {
          ok: false,
          complaints: [
            { message: 'there is no input bad', mend: 'Leave it out.', file: 'inputs', line: 1, column: 1 },
          ],
        };
      }
      return { ok: true, compiled: { plan: PLAN, digest: planDigest(PLAN), blobs: {} }, warnings: [] };
    },
  };
}
