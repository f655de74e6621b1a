import { afterEach, beforeEach, expect, test } from 'vitest';
import { textDigest } from '../plan/digest.ts';
import { digest } from '../plan/ids.ts';
import type { Plan } from '../plan/plan.ts';
import { canonicalJson } from './leaf.ts';
import { type OpenLedger, openLedger } from './open.ts';

let ledger: OpenLedger;
beforeEach(() => {
  ledger = openLedger({ path: ':memory:' });
});
afterEach(() => ledger.close());

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

test('gives a text back under its SHA-256', async () => {
  const text = 'echo hällo\0\n';
  const digest = await ledger.putBlob(text);
  expect(await ledger.putBlob(text)).toBe(digest);
  expect(digest).toBe(textDigest(text));
  expect(await ledger.blob(digest)).toBe(text);
  expect(await ledger.blob(textDigest('nobody'))).toBeUndefined();
});

test('keeps a plan with its texts, as often as it is put', async () => {
  const compiled = {
    plan: PLAN,
    digest: textDigest(canonicalJson(PLAN)),
    blobs: { [textDigest('true')]: 'true' },
  };
  await ledger.putPlan(compiled);
  await ledger.putPlan(compiled);
  expect(await ledger.plan(compiled.digest)).toEqual(PLAN);
  expect(await ledger.blob(textDigest('true'))).toBe('true');
  expect(await ledger.plan(textDigest('nobody'))).toBeUndefined();
});

test('refuses a plan or a text under a digest that is not its own, and keeps nothing of it', async () => {
  const right = textDigest(canonicalJson(PLAN));
  const wrong = digest('0'.repeat(64));
  const refused = expect.objectContaining({ code: 'ledger/digest-mismatch' });
  await expect(ledger.putPlan({ plan: PLAN, digest: wrong, blobs: {} })).rejects.toEqual(refused);
  const blobs = { [textDigest('true')]: 'true', [wrong]: 'false' };
  await expect(ledger.putPlan({ plan: PLAN, digest: right, blobs })).rejects.toEqual(refused);
  expect(await ledger.plan(right)).toBeUndefined();
  expect(await ledger.blob(textDigest('true'))).toBeUndefined();
});
