import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { WorkerSealed } from '../../ledger/ledger.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { RunId } from '../../plan/ids.ts';
import type { SecretReference } from '../../plan/plan.ts';
import { readReference } from '../../plan/secrets.ts';
import type { FoundSecret, SecretsOfRun } from '../rounds/context.ts';
import { formsOfSealed } from './forms.ts';
import { maskingOf } from './masking.ts';
import { readSealingKey, type SealingKey, seal, unseal } from './sealing.ts';
import type { Secrets } from './secrets.ts';

/** Sealed values of so many runs are remembered; those of others are opened again when they are needed. */
const rememberedRuns = 200;

type Parts = {
  readonly secrets: Secrets;
  readonly store: WorkerSealed;
  /** The file with the installation's key. Left out: this worker has none, so it neither seals nor opens. */
  readonly keyFile: string | undefined;
};

/** The secrets of one worker, as each run sees them: what it has sealed is its own. */
export function secretsByRun(parts: Parts): (run: RunId) => SecretsOfRun {
  const runs = new Map<RunId, SecretsOfRun>();
  return (run) => {
    const known = runs.get(run) ?? secretsOfRun(run, parts);
    // The one that was used last stands last. Who still has one that is forgotten here goes on with it.
    runs.delete(run);
    runs.set(run, known);
    const oldest = runs.size > rememberedRuns ? runs.keys().next().value : undefined;
    if (oldest !== undefined) runs.delete(oldest);
    return known;
  };
}

function secretsOfRun(run: RunId, { secrets, store, keyFile }: Parts): SecretsOfRun {
  const opened = new Map<string, string>();
  const masked = new Set<string>();
  let forms: readonly Buffer[] = [];

  function mask(text: string): void {
    if (masked.has(text)) return;
    masked.add(text);
    forms = [...forms, ...formsOfSealed(text)];
  }

  async function open(handle: string): Promise<FoundSecret> {
    const known = opened.get(handle);
    if (known !== undefined) return { ok: true, value: known };
    if (!handle.startsWith(`${run}/`)) return { ok: false, says: 'This value was sealed by another run.' };
    const key = await keyIn(keyFile);
    if (typeof key === 'string') return { ok: false, says: key };
    const bytes = await store.read(handle);
    if (bytes === undefined) return { ok: false, says: 'The sealed output is not in the store any more.' };
    const value = unseal(key, handle, bytes);
    if (!value.ok) return { ok: false, says: CLOSED[value.why] };
    opened.set(handle, value.text);
    mask(value.text);
    return { ok: true, value: value.text };
  }

  return {
    async find(reference: SecretReference) {
      const read = readReference(reference);
      return read.ok && read.from === 'sealed' ? open(read.handle) : secrets.find(reference);
    },
    async openAll() {
      for (const handle of await store.list(run)) await open(handle);
    },
    async cannotSeal() {
      const key = await keyIn(keyFile);
      return typeof key === 'string' ? key : undefined;
    },
    async seal(text) {
      mask(text);
      const key = await keyIn(keyFile);
      if (typeof key === 'string')
        throw new HoldfastError(
          'secrets/no-key',
          key,
          'Put the key back: the step goes on when it is there.',
        );
      const handle = `${run}/${randomBytes(16).toString('hex')}`;
      await store.keep(handle, seal(key, handle, text));
      opened.set(handle, text);
      return `sealed:${handle}`;
    },
    mask,
    masking: maskingOf(() => [...secrets.forms(), ...forms]),
  };
}

const CLOSED = {
  'another key':
    "The output was sealed with another key than this worker has. Put back the server's `sealing-key`, here and on every worker.",
  damaged: 'The sealed output is damaged in the store.',
} as const;

/** The key, or why there is none, in a sentence. Read anew each time: a key that is put back is taken. */
async function keyIn(keyFile: string | undefined): Promise<SealingKey | string> {
  if (keyFile === undefined)
    return "This worker has no key for sensitive outputs. Start it with --sealing-key and a copy of the server's `sealing-key`.";
  const text = await readFile(keyFile, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error)
    return `The worker can't read ${keyFile} (${text.code ?? text.message}). It is the key for sensitive outputs: a copy of the server's \`sealing-key\`.`;
  return readSealingKey(text) ?? `${keyFile} is no key for sensitive outputs: that is 64 hexadecimal digits.`;
}
