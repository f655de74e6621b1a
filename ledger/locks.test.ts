import { afterEach, beforeEach, expect, test } from 'vitest';
import { runId } from '../plan/ids.ts';
import { requestedRun } from './entries.fixture.ts';
import { type OpenLedger, openLedger } from './open.ts';

let ledger: OpenLedger;
let now = 0;
beforeEach(() => {
  now = 1_000;
  ledger = openLedger({ path: ':memory:', clock: () => now });
});
afterEach(() => ledger.close());

const [A, B, C] = [runId('A'), runId('B'), runId('C')];
function take(run: typeof A, ...names: string[]) {
  return ledger.takeLocks({ run, epoch: 1, names });
}

test('takes all names or none, with one entry', async () => {
  expect(await take(A, 'host/2', 'host/1')).toEqual({ taken: true });
  expect(await take(B, 'host/3', 'host/2')).toEqual({
    taken: false,
    held: [{ name: 'host/2', run: A, since: 1_000 }],
    ahead: [],
  });
  expect(await ledger.locks()).toEqual([
    { name: 'host/1', run: A, since: 1_000 },
    { name: 'host/2', run: A, since: 1_000 },
  ]);
  expect(await ledger.read({})).toMatchObject([
    { kind: 'lock.taken', run: A, data: { names: ['host/1', 'host/2'] } },
  ]);
});

test('gives a run again what it holds, and records only what is new', async () => {
  await take(A, 'x');
  expect(await take(A, 'x')).toEqual({ taken: true });
  expect(await take(A, 'x', 'y')).toEqual({ taken: true });
  expect((await ledger.read({})).map((entry) => entry.data)).toEqual([{ names: ['x'] }, { names: ['y'] }]);
});

test('to want nothing is to have it', async () => {
  expect(await take(A)).toEqual({ taken: true });
  expect(await ledger.read({})).toEqual([]);
});

test('release frees everything of the run, with one entry, once', async () => {
  await take(A, 'x', 'y');
  await ledger.releaseLocks({ run: A, epoch: 1 });
  await ledger.releaseLocks({ run: A, epoch: 1 });
  expect(await ledger.locks()).toEqual([]);
  expect((await ledger.read({ kinds: ['lock.released'] })).map((entry) => entry.data)).toEqual([
    { names: ['x', 'y'] },
  ]);
  expect(await take(B, 'x')).toEqual({ taken: true });
  expect(await ledger.read({ kinds: ['lock.taken'] })).toHaveLength(2);
});

test('a run that has let go takes none again in that epoch: the take was long on its way', async () => {
  await take(A, 'x');
  await ledger.releaseLocks({ run: A, epoch: 1 });
  await expect(take(A, 'x')).rejects.toMatchObject({ code: 'ledger/locks-released' });
  expect(await ledger.locks()).toEqual([]);
  expect(await ledger.takeLocks({ run: A, epoch: 2, names: ['x'] })).toEqual({ taken: true });
});

test('gives locks in order of arrival, and a free name not to one who came after', async () => {
  await take(A, 'x');
  await take(B, 'x', 'y');
  expect(await take(C, 'y')).toEqual({ taken: false, held: [], ahead: [B] });
  await ledger.releaseLocks({ run: A, epoch: 1 });
  expect(await take(C, 'x')).toMatchObject({ taken: false, ahead: [B] });
  expect(await take(B, 'x', 'y')).toEqual({ taken: true });
});

test('lets by who wants other names', async () => {
  await take(A, 'x');
  await take(B, 'x');
  expect(await take(C, 'z')).toEqual({ taken: true });
});

test('forgets a waiter that no longer asks, and keeps one that does', async () => {
  await take(A, 'x');
  await take(B, 'x');
  await ledger.releaseLocks({ run: A, epoch: 1 });
  for (let asked = 0; asked < 5; asked++) {
    now += 10_000;
    expect(await take(C, 'x')).toMatchObject(asked < 3 ? { taken: false, ahead: [B] } : { taken: true });
  }
});

test('keeps the place of a waiter that asks now and then', async () => {
  await take(A, 'x');
  await take(B, 'x');
  for (let asked = 0; asked < 5; asked++) {
    now += 20_000;
    await take(B, 'x');
  }
  expect(await take(C, 'x')).toMatchObject({ taken: false, ahead: [B] });
});

test('keeps the order of arrival over a time in which nobody could ask', async () => {
  await take(A, 'x');
  await take(B, 'x');
  await take(C, 'x');
  now += 3_600_000;
  await ledger.releaseLocks({ run: A, epoch: 1 });
  expect(await take(C, 'x')).toMatchObject({ taken: false, ahead: [B] });
  expect(await take(B, 'x')).toEqual({ taken: true });
});

test('forgets a waiter when its run ends', async () => {
  await take(A, 'x');
  await take(B, 'x');
  await ledger.append([
    requestedRun(B),
    {
      key: 'end',
      run: B,
      epoch: 1,
      actor: { kind: 'engine' },
      kind: 'run.ended',
      data: { status: 'cancelled' },
    },
  ]);
  await ledger.releaseLocks({ run: A, epoch: 1 });
  expect(await take(C, 'x')).toEqual({ taken: true });
});

test('refuses an older epoch, for taking and for releasing', async () => {
  await ledger.takeLocks({ run: A, epoch: 2, names: ['x'] });
  await expect(take(A, 'y')).rejects.toMatchObject({ code: 'ledger/stale-epoch' });
  await expect(ledger.releaseLocks({ run: A, epoch: 1 })).rejects.toMatchObject({
    code: 'ledger/stale-epoch',
  });
  expect(await ledger.locks()).toHaveLength(1);
});
