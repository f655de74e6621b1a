import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../../ledger/events.ts';

const LIBRARY = fileURLToPath(new URL('../../runbooks', import.meta.url));
const FILE = 'lib/witness.sh';

/**
 * Read with the library by each script at its start, so before the script's own first command: one line, in a file
 * that no job has to do with, for each time that the script of a job, or its `done`, is run. Questions of a plan or of
 * a step that only reads have no file as `$OUTPUT`: they may be asked again, and leave no line.
 */
const TEXT = 'case $OUTPUT in /dev/*) ;; *) echo "$OUTPUT" >>"$HOME/witness.$RUN" ;; esac\n';

/** The library as it is, file by file, and the witness in it. */
export async function libraryWithWitness(): Promise<{ readonly [file: string]: string }> {
  const files: { [file: string]: string } = { [FILE]: TEXT };
  for (const folder of ['etcd', 'lib/etcd']) {
    for (const file of await readdir(join(LIBRARY, folder))) {
      files[`${folder}/${file}`] = await readFile(join(LIBRARY, folder, file), 'utf8');
    }
  }
  const shared = files['etcd/etcd.yaml'] ?? '';
  const included = shared.replace(/^include:\n/m, `include:\n  - ../${FILE}\n`);
  if (included === shared) throw new Error('etcd/etcd.yaml does not begin its include as it did');
  return { ...files, 'etcd/etcd.yaml': included };
}

/** What the witness of one host and the record say of each other. Empty where they agree, and nothing ran twice. */
export function duplicatesOn(
  host: string,
  lines: readonly string[],
  entries: readonly Entry[],
): readonly string[] {
  const scripts = countOf(lines.filter((line) => /\/[^/]+\/output$/.test(line)).map(jobOfLine));
  const ended = new Map<string, Extract<Entry, { kind: 'attempt.ended' }>>();
  for (const entry of entries) {
    if (entry.kind === 'attempt.ended' && entry.data.result.host === host)
      ended.set(`${entry.data.step} ${entry.data.result.generation}`, entry);
  }
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'attempt.started' || entry.data.host !== host || entry.data.job === undefined)
      continue;
    const { step, generation, job } = entry.data;
    const outcome = ended.get(`${step} ${generation}`)?.data.result.outcome;
    const want = outcome === 'unchanged' ? 0 : 1;
    const count = scripts.get(job) ?? 0;
    scripts.delete(job);
    if (count !== want) wrong.push(`${step} on ${host} (${outcome}) was run ${count} times`);
  }
  for (const job of scripts.keys()) wrong.push(`${job} on ${host} was run, and is not in the record`);
  return wrong;
}

/** Attempts that stand more than once in the record, have no end, or a generation that nobody opened. */
export function wrongAttempts(entries: readonly Entry[]): readonly string[] {
  const started: string[] = [];
  const ended: string[] = [];
  const opened = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'attempt.started')
      started.push(`${entry.data.step} on ${entry.data.host}, generation ${entry.data.generation}`);
    if (entry.kind === 'attempt.ended')
      ended.push(
        `${entry.data.step} on ${entry.data.result.host}, generation ${entry.data.result.generation}`,
      );
    if (entry.kind === 'generation.opened')
      for (const host of entry.data.hosts)
        opened.add(`${entry.data.step} on ${host}, generation ${entry.data.generation}`);
  }
  const twice = (list: readonly string[], how: string) =>
    [...countOf(list)]
      .filter(([, count]) => count > 1)
      .map(([what, count]) => `${what} ${how} ${count} times`);
  return [
    ...twice(started, 'started'),
    ...twice(ended, 'ended'),
    ...started.filter((what) => !ended.includes(what)).map((what) => `${what} has no end`),
    ...started
      .filter((what) => !what.endsWith('generation 0') && !opened.has(what))
      .map((what) => `${what} was not opened`),
  ];
}

function countOf(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function jobOfLine(line: string): string {
  return line.split('/').at(-2) ?? line;
}
