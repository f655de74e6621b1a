import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PendingEntry } from '../ledger/events.ts';
import { openLedger } from '../ledger/open.ts';
import { digest, type HostName, hostName, runId, type StepInstance, stepInstance } from '../plan/ids.ts';

/** Appends a second, to a file with every commit synced: one after the other, and many at once as a round makes them. */
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'holdfast-bench-'));
const ledger = openLedger({ path: join(folder, 'ledger.db') });
const run = runId('bench');
let made = 0;

function entry(): PendingEntry {
  const step = stepInstance(`step-${made++}`);
  return {
    key: `${run}/${step}`,
    run,
    epoch: 1,
    actor: { kind: 'engine' },
    kind: 'attempt.started',
    data: { step, host: hostName('etcd01'), generation: 1, job: 'a'.repeat(64), boot: 'b'.repeat(36) },
  };
}

/** A run that did every step on every host. */
const matrix = runId('matrix');
function attempt(step: StepInstance, host: HostName): readonly PendingEntry[] {
  const common = { run: matrix, epoch: 1, actor: { kind: 'engine' } } as const;
  const result = { host, generation: 1, outcome: 'succeeded', rc: 0, startedAt: 1, endedAt: 2 } as const;
  return [
    {
      ...common,
      key: `started/${step}/${host}`,
      kind: 'attempt.started',
      data: { step, host, generation: 1 },
    },
    { ...common, key: `ended/${step}/${host}`, kind: 'attempt.ended', data: { step, result } },
  ];
}

async function rate(name: string, total: number, work: () => Promise<unknown>): Promise<void> {
  const since = performance.now();
  await work();
  const seconds = (performance.now() - since) / 1000;
  process.stdout.write(
    `${name.padEnd(46)} ${Math.round(total / seconds)
      .toString()
      .padStart(8)} /s\n`,
  );
}

await ledger.append([
  {
    ...entry(),
    kind: 'run.requested',
    run: matrix,
    data: { plan: digest('d'), runbook: 'bench', inputs: {}, reason: 'bench' },
  },
]);
await rate('one after the other', 3_000, async () => {
  for (let i = 0; i < 3_000; i++) await ledger.append([entry()]);
});
await rate('50 writers, each one after the other', 20_000, () =>
  Promise.all(
    Array.from({ length: 50 }, async () => {
      for (let i = 0; i < 400; i++) await ledger.append([entry()]);
    }),
  ),
);
await rate('20 calls of 1,000 entries', 20_000, async () => {
  for (let i = 0; i < 20; i++) await ledger.append(Array.from({ length: 1_000 }, entry));
});
await rate('read all', made, () => ledger.read({}));
const steps = 50;
const hosts = Array.from({ length: 1_000 }, (_, index) => hostName(`host-${index}`));
for (let at = 0; at < steps; at++) {
  await ledger.append(hosts.flatMap((host) => attempt(stepInstance(`matrix-${at}`), host)));
}
await rate('entries of a 1,000 × 50 matrix, viewed', 2 * steps * hosts.length, () => ledger.runView(matrix));
const bytes = Buffer.alloc(1024 * 1024, 'a line of output that is rather like the one before it\n');
const key = { run, step: stepInstance('s'), host: hostName('h'), generation: 1, stream: 'out' as const };
await rate('output, MiB', 100, async () => {
  for (let i = 0; i < 100; i++) await ledger.logs.write(key, i * bytes.length, bytes);
});
await ledger.close();
rmSync(folder, { recursive: true });
