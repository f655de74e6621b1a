import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digest, hostName, runId, stepInstance } from '../../plan/ids.ts';
import { anEntry, aStep, PERSON, RUN, requestedRun } from '../entries.fixture.ts';
import type { PendingEntry } from '../events.ts';
import { type OpenLedger, openLedger } from '../open.ts';

let ledger: OpenLedger;
let now = 0;
beforeEach(() => {
  now = 1_000;
  ledger = openLedger({ path: ':memory:', clock: () => now });
});
afterEach(() => ledger.close());

function of(run: string, entry: PendingEntry): PendingEntry {
  return { ...entry, run: runId(run), key: `${run}/${entry.key}` };
}
const started = anEntry('run.started', '1', { plan: digest('d') });
const ids = (runs: readonly { readonly run: string }[]) => runs.map((run) => run.run);

describe('the run list', () => {
  test('has the newest first, by status, by age, at most as many as asked for', async () => {
    for (const run of ['one', 'two', 'three']) {
      await ledger.append([requestedRun(runId(run))]);
      now += 1_000;
    }
    await ledger.append([of('two', started)]);
    expect(ids(await ledger.runsList())).toEqual(['three', 'two', 'one']);
    expect(ids(await ledger.runsList({ limit: 2 }))).toEqual(['three', 'two']);
    expect(ids(await ledger.runsList({ since: 2_000 }))).toEqual(['three', 'two']);
    expect(ids(await ledger.runsList({ status: ['running'] }))).toEqual(['two']);
    expect(ids(await ledger.runsList({ status: ['requested'], limit: 1 }))).toEqual(['three']);
    expect(ids(await ledger.runsList({ status: ['held'] }))).toEqual([]);
  });

  test('shows who waits for a lock as queued, and finds it so', async () => {
    await ledger.append([requestedRun(runId('A')), requestedRun(runId('B'))]);
    await ledger.takeLocks({ run: runId('A'), epoch: 1, names: ['host/1'] });
    await ledger.takeLocks({ run: runId('B'), epoch: 1, names: ['host/1'] });
    expect(ids(await ledger.runsList({ status: ['queued'] }))).toEqual(['B']);
    expect(ids(await ledger.runsList({ status: ['requested'] }))).toEqual(['A']);
  });
});

describe('the view of a run', () => {
  test('is undefined for a run that nobody requested', async () => {
    expect(await ledger.runView(RUN)).toBeUndefined();
  });

  test('has inputs, steps, values, gates with what they show, asks, places and outputs', async () => {
    const step = stepInstance('a');
    const gate = { by: ['ops'], count: 1, expires: 9, shown: { rows: 2 }, shownDigest: 'x', round: 1 };
    const ask = { ask: 'ask-1', actor: PERSON, reason: 'why not', action: { kind: 'approve' } } as const;
    await ledger.append([
      requestedRun(),
      started,
      anEntry('place.chosen', 'h1', { host: hostName('h1'), directory: '/d', token: 't', memory: false }),
      aStep('a'),
      anEntry('value.set', 'a', { step, values: { best: 2 }, choice: 'grow' }),
      anEntry('gate.opened', 'a', { step, ask: 'Go on?', ...gate }),
    ]);
    await ledger.ask(RUN, ask, 5_000);
    const waiting = await ledger.runView(RUN);
    expect(waiting).toMatchObject({
      summary: { status: 'waiting', reason: 'quorum lost' },
      inputs: { size: 3 },
      steps: [{ step: 'a', title: 'Step a', hosts: [{ host: 'h1', state: 'pending' }] }],
      values: [{ step: 'a', values: { best: 2 }, choice: 'grow', at: 1_000 }],
      gates: [{ step: 'a', ask: 'Go on?', shown: { rows: 2 } }],
      asks: [{ ...ask, at: 1_000, expires: 5_000 }],
      places: [{ host: 'h1', directory: '/d', memory: false }],
      locks: { held: [] },
    });
    expect(waiting?.asks[0]).not.toHaveProperty('end');

    const { action } = ask;
    await ledger.append([
      anEntry('operator.applied', '1', { ask: 'ask-1', says: 'Approved.', action, point: 'a/gate/1' }),
      anEntry('run.ended', '1', { status: 'succeeded', outputs: { keys: 500 } }),
    ]);
    expect(await ledger.runView(RUN)).toMatchObject({
      summary: { status: 'succeeded' },
      outputs: { keys: 500 },
      gates: [],
      asks: [{ ask: 'ask-1', end: { kind: 'applied', says: 'Approved.', at: 1_000 } }],
    });
  });

  test('says which locks it holds, and what and whom it waits for', async () => {
    const [A, B, C] = [runId('A'), runId('B'), runId('C')];
    await ledger.append([requestedRun(A), requestedRun(B), requestedRun(C)]);
    await ledger.takeLocks({ run: A, epoch: 1, names: ['x', 'y'] });
    await ledger.takeLocks({ run: B, epoch: 1, names: ['x'] });
    await ledger.takeLocks({ run: C, epoch: 1, names: ['x', 'z'] });
    expect((await ledger.runView(A))?.locks).toEqual({ held: ['x', 'y'] });
    const waiting = await ledger.runView(C);
    expect(waiting?.summary.status).toBe('queued');
    expect(waiting?.locks).toEqual({
      held: [],
      waiting: { names: ['x', 'z'], held: [{ name: 'x', run: A, since: 1_000 }], ahead: [B] },
    });
  });
});

test('what is folded again from the entries is what was folded as they came, however they came', async () => {
  const step = stepInstance('a');
  const made: readonly PendingEntry[] = [
    started,
    aStep('a'),
    anEntry('attempt.started', 'a', { step, host: hostName('h1'), generation: 1 }),
    anEntry('run.held', 'a', { step, hosts: [hostName('h1')], why: 'no', offers: ['retry'] }),
    anEntry('run.paused', '1', { before: step }),
    anEntry('run.resumed', '1', {}),
    anEntry('operator.applied', '1', {
      ask: 'ask',
      says: 'ok',
      action: { kind: 'retry' },
      point: 'a/hold/1',
    }),
    anEntry('operator.refused', '1', { ask: 'ask', why: 'no' }),
    anEntry('step.ended', 'a', { step, outcome: 'succeeded', hosts: { h1: 'succeeded' } }),
    anEntry('run.ended', '1', { status: 'succeeded' }),
  ];
  const all = ['A', 'B'].flatMap((run) => [requestedRun(runId(run)), ...made.map((entry) => of(run, entry))]);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(all),
      fc.infiniteStream(fc.record({ size: fc.integer({ min: 1, max: 5 }), epoch: fc.nat(1) })),
      async (entries, cuts) => {
        const fresh = openLedger({ path: ':memory:', clock: () => 7 });
        await fresh.ask(runId('A'), { ask: 'ask', actor: PERSON, reason: '', action: { kind: 'retry' } }, 99);
        let epoch = 1;
        for (let from = 0; from < entries.length; ) {
          const { size, epoch: more } = cuts.next().value ?? { size: 1, epoch: 0 };
          epoch += more;
          await fresh.append(entries.slice(from, from + size).map((entry) => ({ ...entry, epoch })));
          from += size;
        }
        const folded = async () => [
          await fresh.runsList(),
          await fresh.answer('ask'),
          await fresh.epoch(runId('A')),
          await fresh.epoch(runId('B')),
        ];
        const before = await folded();
        await fresh.rebuild();
        expect(await folded()).toEqual(before);
        await fresh.close();
      },
    ),
    { numRuns: 60 },
  );
});
