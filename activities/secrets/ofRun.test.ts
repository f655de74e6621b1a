import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSealed } from '../../ledger/sealed.ts';
import { runId } from '../../plan/ids.ts';
import type { SecretsOfRun } from '../rounds/context.ts';
import { secretsByRun } from './ofRun.ts';
import { readSealingKey, seal, unseal } from './sealing.ts';
import { createSecrets } from './secrets.ts';

const RUN = runId('r-1');
const KEY = 'ab'.repeat(32);
const TOKEN = 'canary-t0ken';
let folder: string;
let keyFile: string;
let store: ReturnType<typeof openSealed>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sealing-'));
  keyFile = join(folder, 'sealing-key');
  await writeFile(keyFile, `${KEY}\n`);
  store = openSealed(join(folder, 'sealed'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A worker of its own: it shares the store and the key file with others, and nothing else. */
function worker(file: string | undefined = keyFile): (run: typeof RUN) => SecretsOfRun {
  return secretsByRun({
    secrets: createSecrets({ env: { E: 'from-env' }, now: () => 0 }),
    store,
    keyFile: file,
  });
}

test('what one worker has sealed another one opens, and the store has nothing of it', async () => {
  const reference = await worker()(RUN).seal(TOKEN);
  expect(reference).toMatch(/^sealed:r-1\/[0-9a-f]{32}$/);
  const stored = Buffer.from((await store.read(reference.slice('sealed:'.length))) ?? []);
  expect(stored.length).toBeGreaterThan(TOKEN.length);
  expect(stored.includes(TOKEN)).toBe(false);
  expect(await worker()(RUN).find(reference)).toEqual({ ok: true, value: TOKEN });
});

test('it is masked by who seals it, who opens it, and who only knows that there is something', async () => {
  const first = worker()(RUN);
  const reference = await first.seal(TOKEN);
  expect(first.masking.text(`a ${TOKEN}`)).toBe('a ************');
  const second = worker()(RUN);
  expect(second.masking.text(TOKEN)).toBe(TOKEN);
  await second.find(reference);
  expect(second.masking.text(TOKEN)).toBe('************');
  const third = worker()(RUN);
  await third.openAll();
  expect(third.masking.text(Buffer.from(TOKEN).toString('base64'))).toMatch(/^\*+$/);
});

test('another run neither opens nor masks it, but masks what secrets both have found', async () => {
  const runs = worker();
  const reference = await runs(RUN).seal(TOKEN);
  const other = runs(runId('r-2'));
  expect(await other.find(reference)).toEqual({ ok: false, says: 'This value was sealed by another run.' });
  expect(other.masking.text(TOKEN)).toBe(TOKEN);
  await runs(RUN).find('env:E');
  expect(other.masking.text('from-env')).toBe('********');
});

test('texts in lists and maps are masked too; a truth and a short word are not', async () => {
  const secrets = worker()(RUN);
  await secrets.seal(JSON.stringify({ user: 'root', password: 'long-enough', more: ['also-long-one'] }));
  await secrets.seal('true');
  expect(secrets.masking.text('root long-enough also-long-one true')).toBe(
    'root *********** ************* true',
  );
});

test('what a failed script would have given is masked, and kept nowhere', async () => {
  const secrets = worker()(RUN);
  secrets.mask(TOKEN);
  secrets.mask('{"deep":["long-enough"]}');
  expect(secrets.masking.text(TOKEN)).toBe('************');
  expect(await store.list(RUN)).toEqual([]);
  await secrets.seal('{"deep":["long-enough"]}');
  expect(secrets.masking.text('long-enough')).toBe('***********');
});

test('what is erased is said to be gone', async () => {
  const reference = await worker()(RUN).seal(TOKEN);
  await store.erase(RUN);
  expect(await worker()(RUN).find(reference)).toMatchObject({
    ok: false,
    says: expect.stringContaining('not in the store'),
  });
});

test('without the key, or with another one, nothing is sealed or opened, and it says what to do', async () => {
  const reference = await worker()(RUN).seal(TOKEN);
  await writeFile(keyFile, 'cd'.repeat(32));
  expect(await worker()(RUN).find(reference)).toMatchObject({ says: expect.stringContaining('another key') });
  await writeFile(keyFile, 'no key');
  expect(await worker()(RUN).cannotSeal()).toContain('64 hexadecimal digits');
  await rm(keyFile);
  const secrets = worker()(RUN);
  expect(await secrets.cannotSeal()).toContain('ENOENT');
  await expect(secrets.seal(TOKEN)).rejects.toMatchObject({ code: 'secrets/no-key' });
  expect(secrets.masking.text(TOKEN)).toBe('************');
  await writeFile(keyFile, KEY);
  expect(await secrets.cannotSeal()).toBeUndefined();
  expect(await secrets.find(reference)).toEqual({ ok: true, value: TOKEN });
  expect(await worker('')(RUN).cannotSeal()).toBeDefined();
});

test('a sealed value is opened under its own handle only, and not when a byte of it is another', () => {
  const key = readSealingKey(KEY);
  if (key === undefined) throw new Error('no key');
  const sealed = seal(key, 'r-1/a', TOKEN);
  expect(unseal(key, 'r-1/a', sealed)).toEqual({ ok: true, text: TOKEN });
  expect(unseal(key, 'r-1/b', sealed)).toEqual({ ok: false, why: 'damaged' });
  for (const [at, byte] of sealed.entries())
    expect(unseal(key, 'r-1/a', Buffer.from(sealed).fill(byte ^ 1, at, at + 1)).ok).toBe(false);
  for (let length = 0; length < sealed.length; length += 1)
    expect(unseal(key, 'r-1/a', sealed.subarray(0, length)).ok).toBe(false);
  expect(Buffer.from(seal(key, 'r-1/a', TOKEN)).equals(Buffer.from(sealed))).toBe(false);
  expect(unseal(key, 'r-1/a', seal(key, 'r-1/a', ''))).toEqual({ ok: true, text: '' });
});
