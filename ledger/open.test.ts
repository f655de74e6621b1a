import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { stepInstance } from '../plan/ids.ts';
import { aStep, RUN, requestedRun } from './entries.fixture.ts';
import type { PendingEntry } from './events.ts';
import { type OpenLedger, openLedger } from './open.ts';

const open: OpenLedger[] = [];
function aLedger(options: Partial<Parameters<typeof openLedger>[0]> = {}): OpenLedger {
  const ledger = openLedger({ path: ':memory:', clock: () => 1_000, ...options });
  open.push(ledger);
  return ledger;
}
afterEach(async () => {
  for (const ledger of open.splice(0)) await ledger.close();
});

describe('append', () => {
  test('answers entries numbered from 1 without a gap, with the time of the store', async () => {
    const ledger = aLedger({ clock: () => 42 });
    const [first] = await ledger.append([requestedRun()]);
    const [second, third] = await ledger.append([aStep('a'), aStep('b')]);
    expect([first, second, third].map((entry) => entry?.seq)).toEqual([1, 2, 3]);
    expect(first).toEqual({ ...requestedRun(), seq: 1, at: 42 });
    expect(await ledger.read({})).toEqual([first, second, third]);
  });

  test('never dates an entry before the one in front of it, also when the clock is set back', async () => {
    const times = [500, 200, 700];
    const ledger = aLedger({ clock: () => times.shift() ?? 0 });
    for (const id of ['a', 'b', 'c']) await ledger.append([aStep(id)]);
    expect((await ledger.read({})).map((entry) => entry.at)).toEqual([500, 500, 700]);
  });

  test('answers what is stored where a key is written again, and tells of a difference', async () => {
    const differences: unknown[] = [];
    const ledger = aLedger({ onDifference: (difference) => differences.push(difference) });
    const [first] = await ledger.append([aStep('a', { title: 'one' })]);
    expect(await ledger.append([aStep('a', { title: 'one' })])).toEqual([first]);
    expect(differences).toEqual([]);
    const given = aStep('a', { title: 'two' });
    expect(await ledger.append([aStep('b'), given])).toMatchObject([{ seq: 2 }, { seq: 1 }]);
    expect(differences).toEqual([{ stored: first, given }]);
    expect(await ledger.read({})).toHaveLength(2);
  });

  test('writes a key once that stands twice in one call', async () => {
    const ledger = aLedger();
    const entries = await ledger.append([aStep('a'), aStep('a'), aStep('b')]);
    expect(entries.map((entry) => entry.seq)).toEqual([1, 1, 2]);
  });

  test('refuses an epoch older than the run has, as a whole call, and leaves calls beside it alone', async () => {
    const ledger = aLedger();
    expect(await ledger.epoch(RUN)).toBeUndefined();
    await ledger.append([{ ...aStep('a'), epoch: 2 }]);
    expect(await ledger.epoch(RUN)).toBe(2);
    const [stale, good] = await Promise.allSettled([
      ledger.append([
        { ...aStep('b'), epoch: 2 },
        { ...aStep('c'), epoch: 1 },
      ]),
      ledger.append([{ ...aStep('d'), epoch: 2 }]),
    ]);
    expect(stale).toMatchObject({ status: 'rejected', reason: { code: 'ledger/stale-epoch' } });
    expect(good).toMatchObject({ status: 'fulfilled', value: [{ seq: 2 }] });
    await expect(ledger.append([aStep('a')])).rejects.toMatchObject({ code: 'ledger/stale-epoch' });
  });

  test('refuses what has no JSON form, and takes the next entry', async () => {
    const ledger = aLedger();
    await expect(ledger.append([aStep('a', { title: '\ud800' })])).rejects.toMatchObject({
      code: 'ledger/not-json',
    });
    expect(await ledger.append([aStep('b')])).toMatchObject([{ seq: 1 }]);
  });

  test('keeps the order gap-free and each key once, however calls interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 6 }), { maxLength: 25 }),
        fc.array(fc.boolean(), { maxLength: 25 }),
        async (calls, waits) => {
          const ledger = openLedger({ path: ':memory:' });
          const answers: Promise<readonly { readonly key: string; readonly seq: number }[]>[] = [];
          for (const [index, ids] of calls.entries()) {
            answers.push(ledger.append(ids.map((id) => aStep(`s${id}`))));
            if (waits[index]) await answers.at(-1);
          }
          const told = (await Promise.all(answers)).flat();
          const stored = await ledger.read({});
          await ledger.close();
          expect(stored.map((entry) => entry.seq)).toEqual(stored.map((_, index) => index + 1));
          expect(stored.map((entry) => entry.key).sort()).toEqual(
            [...new Set(calls.flat().map((id) => aStep(`s${id}`).key))].sort(),
          );
          for (const { key, seq } of told) expect(stored[seq - 1]?.key).toBe(key);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('find and read', () => {
  test('finds the keys that are there', async () => {
    const ledger = aLedger();
    const keys = Array.from({ length: 1_200 }, (_, index) => aStep(`s${index}`));
    await ledger.append(keys);
    const found = await ledger.find([...keys.map((entry) => entry.key), 'nobody']);
    expect(found.size).toBe(1_200);
    expect(found.get(aStep('s7').key)).toMatchObject({ seq: 8, data: { step: stepInstance('s7') } });
  });

  test('reads by run, kind, place and number', async () => {
    const ledger = aLedger();
    const other = { ...aStep('x'), run: 'other' as typeof RUN, key: 'other/x' };
    await ledger.append([requestedRun(), aStep('a'), other, aStep('b'), aStep('c')]);
    expect((await ledger.read({ run: RUN, after: 1, limit: 2 })).map((entry) => entry.seq)).toEqual([2, 4]);
    expect(await ledger.read({ kinds: ['run.requested'] })).toHaveLength(1);
  });
});

describe('changed', () => {
  test('resolves at once where there is more, and on the next append where there is not', async () => {
    const ledger = aLedger();
    await ledger.append([aStep('a')]);
    const never = new AbortController().signal;
    await ledger.changed(0, never);
    const woken = ledger.changed(1, never);
    await ledger.append([aStep('b')]);
    await woken;
    expect((await ledger.read({ after: 1 })).map((entry) => entry.seq)).toEqual([2]);
  });

  test('resolves when the signal fires and when the ledger is closed', async () => {
    const ledger = aLedger();
    const controller = new AbortController();
    const stopped = ledger.changed(0, controller.signal);
    controller.abort();
    await stopped;
    const closed = ledger.changed(0, new AbortController().signal);
    await ledger.close();
    await closed;
  });
});

test('a closed ledger says so', async () => {
  const ledger = aLedger();
  await ledger.close();
  const append: Promise<unknown> = ledger.append([aStep('a') satisfies PendingEntry]);
  await expect(append).rejects.toMatchObject({ code: 'ledger/closed' });
});
