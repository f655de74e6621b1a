import type { SecretReference } from '../../plan/plan.ts';
import { readReference } from '../../plan/secrets.ts';
import type { FoundSecret } from '../rounds/context.ts';
import { formsOf } from './forms.ts';
import { fromSops } from './sops.ts';
import { fromEnvironment, fromFile } from './sources.ts';
import { fromVault } from './vault.ts';

/** A secret may be changed where it is kept: what was found is asked for again after this. Milliseconds. */
const rememberedMs = 30_000;

export type Secrets = {
  /** Throws nothing: what can't be found is a sentence, in which no secret stands. */
  find(reference: SecretReference): Promise<FoundSecret>;
  /** The forms of all that was ever found here, to be masked. */
  forms(): readonly Buffer[];
};

export type SecretSources = {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
};

/** The secrets of one worker. */
export function createSecrets({ env, now }: SecretSources): Secrets {
  const remembered = new Map<
    SecretReference,
    { readonly at: number; readonly found: Promise<FoundSecret> }
  >();
  const values = new Set<string>();
  let forms: readonly Buffer[] = [];

  async function ask(reference: SecretReference): Promise<FoundSecret> {
    const found = await askSource(reference);
    if (found.ok && !values.has(found.value)) {
      values.add(found.value);
      forms = [...forms, ...formsOf(found.value)];
    }
    return found;
  }

  async function askSource(reference: SecretReference): Promise<FoundSecret> {
    const read = readReference(reference);
    if (!read.ok) return { ok: false, says: `${read.message} ${read.mend}` };
    switch (read.from) {
      case 'env':
        return fromEnvironment(read.name, env);
      case 'file':
        return fromFile(read.path);
      case 'vault':
        return fromVault(read.path, read.key, env);
      case 'sops':
        return fromSops(read.path, read.key, env);
      case 'sealed':
        // A run's own: `ofRun.ts` opens those.
        return { ok: false, says: 'A sealed output is found by its run alone.' };
    }
  }

  return {
    async find(reference) {
      const before = remembered.get(reference);
      if (before !== undefined && now() - before.at < rememberedMs) return before.found;
      const found = ask(reference);
      remembered.set(reference, { at: now(), found });
      if (!(await found).ok) remembered.delete(reference);
      return found;
    },
    forms: () => forms,
  };
}
