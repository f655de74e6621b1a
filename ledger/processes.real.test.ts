import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runId } from '../plan/ids.ts';
import { aStep } from './entries.fixture.ts';
import { openLedger } from './open.ts';

let folder: string;
let path: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-ledger-'));
  path = join(folder, 'ledger.db');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

type Appender = {
  readonly child: ChildProcess;
  readonly committed: string[];
  readonly ended: Promise<unknown>;
};

/** Starts a process that appends; `committed` fills with the keys that it was told are on disk. */
function appender(name: string, count: number): Appender {
  const program = join(import.meta.dirname, 'appender.fixture.ts');
  const options = ['--path', path, '--name', name, '--count', String(count)];
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const committed: string[] = [];
  lines.on('line', (line) => committed.push(line));
  return { child, committed, ended: Promise.all([once(lines, 'close'), once(child, 'exit')]) };
}

async function storedKeys(): Promise<readonly string[]> {
  const ledger = openLedger({ path });
  const entries = await ledger.read({});
  await ledger.close();
  expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
  expect(entries.every((entry, index) => entry.at >= (entries[index - 1]?.at ?? 0))).toBe(true);
  return entries.map((entry) => entry.key);
}

test('two processes that append at once lose nothing, leave no gap and write a key once', async () => {
  const [one, two] = [appender('one', 200), appender('two', 200)];
  await Promise.all([one.ended, two.ended]);
  const keys = await storedKeys();
  expect(keys.length).toBe(new Set(keys).size);
  expect(new Set(keys)).toEqual(new Set([...one.committed, ...two.committed]));
  // 3 writers with 200 keys each, of which every tenth is written by both, and run.requested.
  expect(keys.length).toBe(2 * (1 + 3 * 180) + 3 * 20);
});

test('a follower sees what another process appends', async () => {
  const ledger = openLedger({ path });
  const woken = ledger.changed(0, new AbortController().signal);
  const other = appender('other', 1);
  await woken;
  expect((await ledger.read({ limit: 1 })).map((entry) => entry.seq)).toEqual([1]);
  await other.ended;
  await ledger.close();
});

test('kill -9 in the middle of appending loses nothing that was committed and damages nothing', async () => {
  const acknowledged = new Set<string>();
  for (let round = 0; round < 6; round++) {
    const [doomed, beside] = [appender(`doomed-${round}`, 0), appender(`beside-${round}`, 100)];
    while (doomed.committed.length < 20 + round * 37) await new Promise((resolve) => setTimeout(resolve, 1));
    doomed.child.kill('SIGKILL');
    await Promise.all([doomed.ended, beside.ended]);
    // The last line may have been cut by the kill.
    for (const key of [...doomed.committed.slice(0, -1), ...beside.committed]) acknowledged.add(key);
    const keys = new Set(await storedKeys());
    expect([...acknowledged].filter((key) => !keys.has(key))).toEqual([]);
  }
  const database = new DatabaseSync(path);
  expect(database.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' });
  database.close();
});

test('the run list is right after kill -9: it is committed with its entries', async () => {
  const doomed = appender('doomed', 0);
  while (doomed.committed.length < 50) await new Promise((resolve) => setTimeout(resolve, 1));
  doomed.child.kill('SIGKILL');
  await doomed.ended;
  const ledger = openLedger({ path });
  const before = await ledger.runsList();
  const last = (await ledger.read({ run: runId('doomed') })).at(-1);
  expect(before).toMatchObject([{ run: 'doomed', status: 'running', lastSeq: last?.seq }]);
  await ledger.rebuild();
  expect(await ledger.runsList()).toEqual(before);
  await ledger.append([{ ...aStep('after'), key: 'after' }]);
  await ledger.close();
});
