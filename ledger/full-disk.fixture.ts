import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HoldfastError } from '../plan/errors.ts';
import { aStep } from './entries.fixture.ts';
import type { Entry } from './events.ts';
import { openLedger } from './open.ts';

/** Runs in a small file system given as its argument: fills it, appends, makes room, appends. Prints what it saw as JSON. */
const folder = process.argv[2] ?? '';
const ballast = join(folder, 'ballast');
const ledger = openLedger({ path: join(folder, 'ledger.db') });
const acknowledged: string[] = [];
const refusals: string[] = [];

async function append(id: string): Promise<void> {
  try {
    const stored: readonly Entry[] = await ledger.append([aStep(id, { title: 'x'.repeat(5_000) })]);
    acknowledged.push(...stored.map((entry) => entry.key));
  } catch (error) {
    refusals.push(error instanceof HoldfastError ? error.code : String(error));
  }
}

await append('first');
const { bavail, bsize } = statfsSync(folder);
writeFileSync(ballast, new Uint8Array(Number(bavail) * Number(bsize) - 100_000));
for (let made = 0; made < 60; made++) await append(`filling-${made}`);
const refusedWhileFull = refusals.length;
rmSync(ballast);
for (let made = 0; made < 60; made++) await append(`filling-${made}`);
const stored = (await ledger.read({})).map((entry) => entry.key);
await ledger.close();
process.stdout.write(
  JSON.stringify({
    codes: [...new Set(refusals)],
    refusedWhileFull,
    refusedAfter: refusals.length - refusedWhileFull,
    lost: acknowledged.filter((key) => !stored.includes(key)),
    stored: stored.length,
  }),
);
