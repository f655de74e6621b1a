import { parseArgs } from 'node:util';
import { runId } from '../plan/ids.ts';
import { aStep, requestedRun } from './entries.fixture.ts';
import { openLedger } from './open.ts';

/**
 * A process of its own that appends: `--writers` of them at once, each `--count` entries one after the other (0: until
 * it is killed), after its own run.requested. It prints the key of each entry once that is committed. Every tenth key
 * is one that all processes write, the others have `--name`.
 */
const { values } = parseArgs({
  options: {
    path: { type: 'string', default: '' },
    name: { type: 'string', default: '' },
    count: { type: 'string', default: '0' },
    writers: { type: 'string', default: '3' },
  },
});
const ledger = openLedger({ path: values.path });
const count = Number(values.count) || Number.POSITIVE_INFINITY;

async function write(writer: number): Promise<void> {
  for (let made = 0; made < count; made++) {
    const id = made % 10 === 0 ? `shared-${writer}-${made}` : `${values.name}-${writer}-${made}`;
    const entry = { ...aStep(id, { title: 'x'.repeat(made % 3_000) }), run: runId(values.name), key: id };
    const shared = { ...entry, run: runId('shared') };
    const [stored] = await ledger.append([made % 10 === 0 ? shared : entry]);
    process.stdout.write(`${stored?.key}\n`);
  }
}
const [requested] = await ledger.append([requestedRun(runId(values.name))]);
process.stdout.write(`${requested?.key}\n`);
await Promise.all(Array.from({ length: Number(values.writers) }, (_, writer) => write(writer)));
await ledger.close();
