import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { digest, runId, stepInstance } from '../../plan/ids.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import { largestBodyBytes } from '../http/limits.ts';
import { performRequest } from '../http/performRequest.ts';
import { systemClock } from '../jobs/systemClock.ts';
import { createSshPool } from '../ssh/pool.ts';
import type { Target } from '../ssh/ssh.ts';
import { startSshd, type TestSshd } from '../ssh/sshdForTest.ts';
import { createRounds } from './rounds.ts';
import { only } from './roundsForTest.ts';

const address = '127.85.6.1';
const base = `http://${address}:22890`;
const counted = new Map<string, number>();
const pool = createSshPool({ configFiles: [], env: {} });
let server: Server;
let sshd: TestSshd;
let closed: TestSshd;
let ledger: OpenLedger;
let steps = 0;

beforeAll(async () => {
  ledger = openLedger({ path: ':memory:' });
  server = createServer((request, response) => {
    const path = request.url ?? '';
    counted.set(path, (counted.get(path) ?? 0) + 1);
    if (path.startsWith('/cut')) request.socket.destroy();
    else if (path.startsWith('/large')) response.end(Buffer.alloc(largestBodyBytes + 1, 'x'));
    else if (!path.startsWith('/never')) response.end('{"id":18446744073709551615}');
  }).listen(22890, address);
  await once(server, 'listening');
  sshd = await startSshd('127.85.6.2', 22891);
  closed = await startSshd('127.85.6.3', 22892, ['AllowTcpForwarding no']);
});

afterAll(async () => {
  await pool.close();
  server?.closeAllConnections();
  server?.close();
  await sshd?.stop();
  await closed?.stop();
  await ledger?.close();
});

function worker(target: Target) {
  const plan = { hosts: [target], sources: [] } as unknown as Plan;
  const none = new AbortController().signal;
  return createRounds({
    ledger,
    pool,
    planOf: async () => plan,
    textOf: async () => undefined,
    request: performRequest,
    clock: systemClock,
    call: () => ({ stop: none, letGo: none, stopping: () => false, done: () => {} }),
  });
}

/** A step of its own, which posts to a path that nobody else posts to. */
function post(url: string, via: 'host' | 'worker', target: Target, timeoutMs = 10_000): RoundRequest {
  return {
    run: runId('run-of-http'),
    epoch: 1,
    plan: digest('plan'),
    step: stepInstance(`step-${steps++}`),
    zone: 'default',
    effect: 'change',
    work: { kind: 'http', expect: { status: [200] }, ...(via === 'host' ? { via } : {}) },
    env: {},
    tasks: [{ host: target.name, generation: 0, env: {}, request: { method: 'POST', url, headers: {} } }],
    outputs: { id: { type: { kind: 'int' }, from: { cel: 'json.id' } } },
    sensitive: false,
    timeoutMs,
  };
}

describe.each(['worker', 'host'] as const)('a request that changes something, from the %s', (via) => {
  it('arrives once and is never repeated; its outputs are exact', async () => {
    const path = `/ok-${via}`;
    const request = post(base + path, via, sshd.target());
    const result = only(await worker(sshd.target()).startRound(request, []));
    expect(result).toMatchObject({ outcome: 'succeeded', outputs: { id: { $int: '18446744073709551615' } } });
    expect(only(await worker(sshd.target()).followRound(request))).toEqual(result);
    expect(counted.get(path)).toBe(1);
  });

  it.each(['cut', 'never', 'large'])(
    'whose answer is lost is unknown, and arrived once (%s)',
    async (how) => {
      const path = `/${how}-${via}`;
      const request = post(base + path, via, sshd.target(), how === 'never' ? 2_000 : 10_000);
      const result = only(await worker(sshd.target()).startRound(request, []));
      expect(result).toMatchObject({ outcome: 'unknown', sessionLives: false });
      expect(only(await worker(sshd.target()).startRound(request, []))).toEqual(result);
      expect(counted.get(path)).toBe(1);
    },
  );

  it('to a service that is not there is unreachable: nothing was sent', async () => {
    const request = post(`http://${address}:22899/`, via, sshd.target());
    const result = only(await worker(sshd.target()).startRound(request, []));
    expect(result).toMatchObject({ outcome: 'unreachable', transient: true });
  });
});

it('a request that a host will not forward never arrives, and the reason is no passing one', async () => {
  const request = post(`${base}/closed`, 'host', closed.target());
  const result = only(await worker(closed.target()).startRound(request, []));
  expect(result.outcome).toBe('unreachable');
  expect(result.transient).toBeUndefined();
  expect(counted.get('/closed')).toBeUndefined();
});
