import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OperatorAsk } from '../plan/operator.ts';
import { anEntry, PERSON, RUN } from './entries.fixture.ts';
import { type OpenLedger, openLedger } from './open.ts';
import { askEndKey } from './outbox.ts';

let ledger: OpenLedger;
let now = 0;
const differences: unknown[] = [];
beforeEach(() => {
  now = 1_000;
  differences.length = 0;
  ledger = openLedger({ path: ':memory:', clock: () => now, onDifference: (one) => differences.push(one) });
});
afterEach(() => ledger.close());

const ASK: OperatorAsk = { ask: 'ask-1', actor: PERSON, reason: 'looks good', action: { kind: 'pause' } };
const APPLIED = {
  ...anEntry('operator.applied', '1', { ask: 'ask-1', says: 'Paused.', action: ASK.action }),
  key: askEndKey('ask-1'),
};

test('keeps an ask open, with operator.asked, until it is answered', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  expect(await ledger.openAsks()).toEqual([{ ...ASK, run: RUN, expires: 5_000 }]);
  expect(await ledger.read({})).toMatchObject([
    {
      kind: 'operator.asked',
      actor: PERSON,
      data: { ask: 'ask-1', action: { kind: 'pause' }, expires: 5_000 },
    },
  ]);
  expect(await ledger.answer('ask-1')).toBeUndefined();
  await ledger.answered('ask-1', { taken: true, says: 'Paused.' });
  expect(await ledger.openAsks()).toEqual([]);
  expect(await ledger.answer('ask-1')).toEqual({ taken: true, says: 'Paused.' });
});

test('the same ask again changes nothing, another one under its id is told of', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  await ledger.ask(RUN, ASK, 5_000);
  expect(differences).toEqual([]);
  await ledger.ask(RUN, { ...ASK, reason: 'something else' }, 5_000);
  expect(differences).toHaveLength(1);
  expect(await ledger.openAsks()).toEqual([{ ...ASK, run: RUN, expires: 5_000 }]);
  expect(await ledger.read({})).toHaveLength(1);
});

test('lists open asks in the order in which they were asked', async () => {
  for (const ask of ['z', 'a', 'm']) await ledger.ask(RUN, { ...ASK, ask }, 5_000);
  expect((await ledger.openAsks()).map((ask) => ask.ask)).toEqual(['z', 'a', 'm']);
});

test('the first answer stands', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  await ledger.answered('ask-1', { taken: true, says: 'first' });
  await ledger.answered('ask-1', { taken: true, says: 'second' });
  expect(await ledger.answer('ask-1')).toEqual({ taken: true, says: 'first' });
});

test('what the workflow recorded answers an ask whose answer got lost on the way', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  await ledger.append([APPLIED]);
  expect(await ledger.answer('ask-1')).toEqual({ taken: true, says: 'Paused.' });
});

test('what is applied stays to be handed over until the workflow itself has answered; what is refused does not', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  await ledger.append([APPLIED]);
  now = 9_000;
  expect((await ledger.openAsks()).map(({ ask }) => ask)).toEqual(['ask-1']);
  await ledger.answered('ask-1', { taken: true, says: 'Paused.' });
  expect(await ledger.openAsks()).toEqual([]);

  await ledger.ask(RUN, { ...ASK, ask: 'ask-2' }, 20_000);
  const refused = anEntry('operator.refused', '2', { ask: 'ask-2', why: 'no' });
  await ledger.append([{ ...refused, key: askEndKey('ask-2') }]);
  expect(await ledger.openAsks()).toEqual([]);
});

test('an ask that nobody took expires with an entry, and can not be applied later', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  now = 5_000;
  expect(await ledger.openAsks()).toEqual([]);
  expect(await ledger.answer('ask-1')).toMatchObject({ taken: false });
  expect((await ledger.append([APPLIED]))[0]).toMatchObject({ kind: 'operator.expired' });
});

test('an ask that was applied in time does not expire', async () => {
  await ledger.ask(RUN, ASK, 5_000);
  await ledger.append([APPLIED]);
  now = 9_000;
  await ledger.openAsks();
  expect(await ledger.read({ kinds: ['operator.expired'] })).toEqual([]);
});

test('asks carry the epoch that their run has', async () => {
  await ledger.append([{ ...anEntry('run.paused', '1', {}), epoch: 3 }]);
  await ledger.ask(RUN, ASK, 5_000);
  expect(await ledger.read({ kinds: ['operator.asked'] })).toMatchObject([{ epoch: 3 }]);
});
