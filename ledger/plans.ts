import type { Kysely } from 'kysely';
import { textDigest } from '../plan/digest.ts';
import { HoldfastError } from '../plan/errors.ts';
import { type Digest, digest } from '../plan/ids.ts';
import type { CompiledPlan } from '../plan/plan.ts';
import { canonicalJson } from './leaf.ts';
import type { Tables } from './store/tables.ts';

/** Keeps a text under its own digest. */
export async function putBlob(tx: Kysely<Tables>, text: string): Promise<Digest> {
  const digest = textDigest(text);
  await tx
    .insertInto('blob')
    .values({ digest, text })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return digest;
}

export async function blob(db: Kysely<Tables>, digest: Digest): Promise<string | undefined> {
  const row = await db.selectFrom('blob').select('text').where('digest', '=', digest).executeTakeFirst();
  return row?.text;
}

/** Keeps a plan with its texts. Throws `ledger/digest-mismatch` where a digest is not that of what it names. */
export async function putPlan(tx: Kysely<Tables>, compiled: CompiledPlan): Promise<void> {
  const plan = canonicalJson(compiled.plan);
  refuseMismatch('plan', compiled.digest, textDigest(plan));
  for (const [digest, text] of Object.entries(compiled.blobs)) {
    refuseMismatch('text', digest, await putBlob(tx, text));
  }
  await tx
    .insertInto('plan')
    .values({ digest: compiled.digest, plan })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function plan(db: Kysely<Tables>, digest: Digest): Promise<CompiledPlan['plan'] | undefined> {
  const row = await db.selectFrom('plan').select('plan').where('digest', '=', digest).executeTakeFirst();
  return row && JSON.parse(row.plan);
}

/** Plans whose digest begins so; a few are enough to know that it is not one. */
export async function planDigests(db: Kysely<Tables>, beginning: string): Promise<readonly Digest[]> {
  if (!/^[0-9a-f]{4,64}$/.test(beginning)) return [];
  const rows = await db
    .selectFrom('plan')
    .select('digest')
    .where('digest', '>=', beginning)
    .where('digest', '<', `${beginning}g`)
    .limit(10)
    .execute();
  return rows.map((row) => digest(row.digest));
}

function refuseMismatch(what: 'plan' | 'text', said: string, is: Digest): void {
  if (said === is) return;
  throw new HoldfastError(
    'ledger/digest-mismatch',
    `A ${what} was given as ${said}, but its digest is ${is}.`,
    'Compute digests as SHA-256 over the text, and for a plan over its RFC 8785 form.',
  );
}
