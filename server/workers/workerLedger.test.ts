import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aStep, RUN, requestedRun } from '../../ledger/entries.fixture.ts';
import type { LogKey, WorkerLedger } from '../../ledger/ledger.ts';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { httpLedger } from '../../ledger/remote/httpLedger.ts';
import type { Transport } from '../../ledger/remote/transport.ts';
import { planDigest, textDigest } from '../../plan/digest.ts';
import { hostName, runId, stepInstance } from '../../plan/ids.ts';
import type { Plan } from '../../plan/plan.ts';
import { buildWorkersApp } from './app.ts';

const TOKEN = 'hf_test';
const PLAN: Plan = {
  format: 1,
  interpreter: 1,
  runbook: 'r',
  summary: 's',
  sources: [],
  inputs: {},
  hosts: [],
  locks: [],
  onFailure: 'hold',
  main: 'r',
  units: {},
};
const KEY: LogKey = {
  run: RUN,
  step: stepInstance('join[h1]/start?&#'),
  host: hostName('h1'),
  generation: 1,
  stream: 'out',
};
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (part: Uint8Array) => new TextDecoder().decode(part);

let store: OpenLedger;
beforeEach(() => {
  store = openLedger({ path: ':memory:', clock: () => 1_000 });
});
afterEach(() => store.close());

/** The API without a network between: what is sent is handled by the server's own app. */
async function appTransport(token = TOKEN, sent: string[] = []): Promise<Transport> {
  const app = await buildWorkersApp({ ledger: store, token: TOKEN });
  return {
    async send({ path, query = {}, type, body }) {
      sent.push(path);
      const answer = await app.inject({
        method: 'POST',
        url: path,
        query: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
        payload: typeof body === 'string' ? body : Buffer.from(body),
      });
      return { status: answer.statusCode, body: new Uint8Array(answer.rawPayload) };
    },
    close: () => app.close(),
  };
}

describe.each([
  { name: 'on the file', open: async (): Promise<WorkerLedger> => store },
  { name: 'through the API', open: async (): Promise<WorkerLedger> => httpLedger(await appTransport()) },
])('the record $name', ({ open }) => {
  let ledger: WorkerLedger;
  beforeEach(async () => {
    ledger = await open();
  });

  test('answers entries as they are stored, and the stored one where a key is written again', async () => {
    const [first] = await ledger.append([requestedRun()]);
    expect(first).toEqual({ ...requestedRun(), seq: 1, at: 1_000 });
    const again = await ledger.append([aStep('a', { title: 'one' }), requestedRun()]);
    expect(again).toMatchObject([{ seq: 2 }, { seq: 1 }]);
    expect(await ledger.append([aStep('a', { title: 'two' })])).toMatchObject([{ data: { title: 'one' } }]);
    expect(await store.read({})).toHaveLength(2);
  });

  test('keeps what is appended at once in order, and refuses one call without touching those beside it', async () => {
    await ledger.append([{ ...aStep('first'), epoch: 2 }]);
    const ends = await Promise.allSettled([
      ledger.append([{ ...aStep('a'), epoch: 2 }]),
      ledger.append([{ ...aStep('b'), epoch: 2 }, aStep('c')]),
      ledger.append([{ ...aStep('d'), epoch: 2 }]),
    ]);
    expect(ends).toMatchObject([
      { status: 'fulfilled', value: [{ seq: 2 }] },
      { status: 'rejected', reason: { code: 'ledger/stale-epoch' } },
      { status: 'fulfilled', value: [{ seq: 3 }] },
    ]);
  });

  test('refuses what has no JSON form', async () => {
    await expect(ledger.append([aStep('a', { title: '\ud800' })])).rejects.toMatchObject({
      code: 'ledger/not-json',
    });
  });

  test('finds what is there, and reads by run, kind and place, all of it where no limit is given', async () => {
    const many = Array.from({ length: 2_300 }, (_, index) => aStep(`s${index}`));
    await ledger.append([requestedRun(), ...many]);
    expect((await ledger.find([aStep('s7').key, 'nobody'])).get(aStep('s7').key)).toMatchObject({ seq: 9 });
    expect(await ledger.read({ run: RUN })).toHaveLength(2_301);
    expect((await ledger.read({ run: RUN, after: 1, limit: 2 })).map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await ledger.read({ kinds: ['run.requested'], run: RUN })).toHaveLength(1);
    expect(await ledger.read({ run: runId('other') })).toEqual([]);
  });

  test('gives texts and plans by their digests', async () => {
    const digest = await ledger.putBlob('echo hällo\0\n');
    expect(digest).toBe(textDigest('echo hällo\0\n'));
    expect(await ledger.blob(digest)).toBe('echo hällo\0\n');
    expect(await ledger.blob(textDigest('nobody'))).toBeUndefined();
    await store.putPlan({ plan: PLAN, digest: planDigest(PLAN), blobs: {} });
    expect(await ledger.plan(planDigest(PLAN))).toEqual(PLAN);
    expect(await ledger.plan(textDigest('nobody'))).toBeUndefined();
  });

  test('keeps sealed values as they are, and erases what a run has', async () => {
    const sealed = Uint8Array.from([0, 255, 10, 13, 128]);
    await ledger.sealed.keep(`${RUN}/one`, sealed);
    expect(new Uint8Array((await ledger.sealed.read(`${RUN}/one`)) ?? [])).toEqual(sealed);
    expect(await ledger.sealed.list(RUN)).toEqual([`${RUN}/one`]);
    await store.sealed.erase(RUN);
    expect(await ledger.sealed.read(`${RUN}/one`)).toBeUndefined();
    expect(await ledger.sealed.list(RUN)).toEqual([]);
    await expect(ledger.sealed.read('../token')).rejects.toMatchObject({ code: 'ledger/no-handle' });
  });

  test('takes locks all or none, again for the same run, and frees them', async () => {
    const take = (run: string, ...names: string[]) => ledger.takeLocks({ run: runId(run), epoch: 1, names });
    expect(await take('A', 'x', 'y')).toEqual({ taken: true });
    expect(await take('A', 'x', 'y')).toEqual({ taken: true });
    expect(await take('B', 'y')).toEqual({
      taken: false,
      held: [{ name: 'y', run: 'A', since: 1_000 }],
      ahead: [],
    });
    expect(await take('C', 'y')).toMatchObject({ taken: false, ahead: ['B'] });
    await ledger.releaseLocks({ run: runId('A'), epoch: 1 });
    expect(await take('B', 'y')).toEqual({ taken: true });
    expect(await store.read({ kinds: ['lock.taken'] })).toHaveLength(2);
  });

  test('keeps output by its place: written again it stays, a gap is refused', async () => {
    expect(await ledger.logs.write(KEY, 0, bytes('hello '))).toBe(6);
    expect(await ledger.logs.write(KEY, 0, bytes('hello world'))).toBe(11);
    expect(await ledger.logs.write(KEY, 11, new Uint8Array())).toBe(11);
    expect(await ledger.logs.length(KEY)).toBe(11);
    expect(text(await ledger.logs.read(KEY, 6, 3))).toBe('wor');
    expect(await ledger.logs.read(KEY, 11, 3)).toEqual(new Uint8Array());
    expect(await ledger.logs.length({ ...KEY, stream: 'err' })).toBe(0);
    await expect(ledger.logs.write(KEY, 20, bytes('x'))).rejects.toMatchObject({ code: 'log/gap' });
  });

  test('keeps output of any bytes and size', async () => {
    const large = Uint8Array.from({ length: 2_500_000 }, (_, index) => (index * 7919) >> 3);
    expect(await ledger.logs.write(KEY, 0, large)).toBe(large.length);
    expect(Buffer.from(await ledger.logs.read(KEY, 0, large.length)).equals(Buffer.from(large))).toBe(true);
  });
});

describe('through the API', () => {
  test('what is appended while a request is under way goes together in the next', async () => {
    const sent: string[] = [];
    const ledger = httpLedger(await appTransport(TOKEN, sent));
    await Promise.all(Array.from({ length: 50 }, (_, index) => ledger.append([aStep(`s${index}`)])));
    expect(await store.read({})).toHaveLength(50);
    expect(sent.length).toBeLessThan(5);
  });

  test('what was carried out although its answer was lost is not written a second time', async () => {
    const transport = await appTransport();
    let lost = 0;
    const ledger = httpLedger({
      ...transport,
      async send(sent) {
        const answer = await transport.send(sent);
        lost += 1;
        if (lost % 2 === 1) throw new Error('the connection broke');
        return answer;
      },
    });
    const twice = async <T>(call: () => Promise<T>) => {
      await expect(call()).rejects.toThrow('the connection broke');
      return call();
    };
    expect(await twice(() => ledger.append([requestedRun(), aStep('a')]))).toMatchObject([
      { seq: 1 },
      { seq: 2 },
    ]);
    expect(await twice(() => ledger.logs.write(KEY, 0, bytes('once')))).toBe(4);
    const locks = { run: RUN, epoch: 1, names: ['x'] };
    expect(await twice(() => ledger.takeLocks(locks))).toEqual({ taken: true });
    await twice(() => ledger.releaseLocks(locks));
    expect((await store.read({})).map(({ kind }) => kind)).toEqual([
      'run.requested',
      'step.started',
      'lock.taken',
      'lock.released',
    ]);
    expect(text(await store.logs.read(KEY, 0, 100))).toBe('once');
  });

  test('a take that comes late does not hold locks for a run that has let go', async () => {
    const ledger = httpLedger(await appTransport());
    const locks = { run: RUN, epoch: 1, names: ['x'] };
    await ledger.takeLocks(locks);
    await ledger.releaseLocks(locks);
    await expect(ledger.takeLocks(locks)).rejects.toMatchObject({ code: 'ledger/locks-released' });
    expect(await store.locks()).toEqual([]);
    expect(await ledger.takeLocks({ ...locks, epoch: 2 })).toEqual({ taken: true });
  });

  test('an entry with a field that is not known is refused, and so is a kind', async () => {
    const ledger = httpLedger(await appTransport());
    for (const strange of [
      { ...aStep('a'), data: { ...aStep('a').data, colour: 'red' } },
      { ...aStep('a'), kind: 'step.painted' },
      { ...aStep('a'), seq: 7 },
    ]) {
      await expect(ledger.append([strange as ReturnType<typeof aStep>])).rejects.toMatchObject({
        code: 'worker/message',
      });
    }
    expect(await store.read({})).toEqual([]);
  });

  test('a greeting is answered, and without the token nothing is', async () => {
    await httpLedger(await appTransport()).greet();
    const stranger = httpLedger(await appTransport('hf_wrong'));
    await expect(stranger.greet()).rejects.toMatchObject({ code: 'identity/token' });
    await expect(stranger.append([requestedRun()])).rejects.toMatchObject({ code: 'identity/token' });
    expect(await store.read({})).toEqual([]);
  });

  test('an address that leads elsewhere is said', async () => {
    const transport: Transport = {
      send: async () => ({ status: 502, body: bytes('<html>bad gateway</html>') }),
      close: async () => {},
    };
    await expect(httpLedger(transport).append([requestedRun()])).rejects.toMatchObject({
      code: 'ledger/strange-answer',
      message: expect.stringContaining('502'),
    });
  });
});
