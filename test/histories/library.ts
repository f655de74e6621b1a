import { readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { folderLibrary } from '../../language/load/library.ts';
import { findTests, rootsOf } from '../../runbook-tests/find.ts';
import { runTests } from '../../runbook-tests/run.ts';
import { type Walked, type WalkSetup, walkCase } from '../../runbook-tests/walk.ts';

export const LIBRARY = fileURLToPath(new URL('../../runbooks', import.meta.url));
const FOLDER = fileURLToPath(new URL('library/', import.meta.url));
/** Waits are real where a history is recorded. */
const LONGEST_MS = 20_000;

/** A runbook of the library, and a case of its tests that comes to its end. */
export type Story = { readonly runbook: string; readonly setup: WalkSetup; readonly walked: Walked };

/** One for each runbook that has tests: the first case that succeeds without long waits. */
export async function stories(): Promise<readonly Story[]> {
  const { files } = findTests([], [LIBRARY]);
  const found = new Map<string, Story>();
  await runTests({
    library: folderLibrary([...rootsOf(files), LIBRARY], { outside: 'allowed' }),
    files,
    now: Date.now,
    async walk(setup, ...again) {
      const walked = await walkCase(setup, ...again);
      const { runbook } = setup.plan;
      if (!found.has(runbook) && suits(walked)) found.set(runbook, { runbook, setup, walked });
      return walked;
    },
  });
  return [...found.values()];
}

function suits({ end, record, misgiven }: Walked): boolean {
  const times = [...record.values()].map(({ at }) => at);
  return (
    end?.status === 'succeeded' &&
    misgiven.length === 0 &&
    Math.max(...times) - Math.min(...times) <= LONGEST_MS
  );
}

/** `etcd/stop` as a file. */
export function fileOf(runbook: string): string {
  return `${runbook.replaceAll('/', '-')}.json.br`;
}

/** Those that are kept. */
export function libraryFiles(): readonly string[] {
  return readdirSync(FOLDER).filter((name) => name.endsWith('.json.br'));
}

export type Recorded = { readonly run: string; readonly history: { readonly events: readonly object[] } };

export async function readHistory(file: string): Promise<Recorded> {
  return JSON.parse(brotliDecompressSync(await readFile(join(FOLDER, file))).toString());
}

/** Answers how many bytes it takes. */
export async function keepHistory(runbook: string, kept: object): Promise<number> {
  const packed = brotliCompressSync(JSON.stringify(kept));
  await writeFile(join(FOLDER, fileOf(runbook)), packed);
  return packed.length;
}
