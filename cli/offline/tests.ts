import { watch } from 'node:fs/promises';
import { folderLibrary } from '../../language/load/library.ts';
import { findTests, rootsOf } from '../../runbook-tests/find.ts';
import { runTests, type TestReport } from '../../runbook-tests/run.ts';
import { invalid } from '../exit.ts';

export type TestsMeant = {
  readonly paths: readonly string[];
  /** Where runbooks are looked for, those that win first. */
  readonly folders: readonly string[];
  readonly only?: RegExp;
  readonly now: () => number;
};

export type TestsRun = {
  readonly report: TestReport;
  /** The text of a file that a complaint names. */
  readonly source: (file: string) => string | undefined;
};

/** Runs the tests that are meant, read anew each time. Throws `test/none` where nothing is meant. */
export async function testsOffline({ paths, folders, only, now }: TestsMeant): Promise<TestsRun> {
  const { files, strange } = findTests(paths, folders);
  const [first] = strange;
  if (first !== undefined)
    throw invalid(
      'test/none',
      `There are no tests for ${first}.`,
      'Name a file of tests, a folder, or a runbook with a .test.yaml beside it.',
    );
  if (files.length === 0)
    throw invalid(
      'test/none',
      'There are no tests here.',
      'Write NAME.test.yaml beside the runbook NAME.yaml.',
    );
  const library = folderLibrary([...rootsOf(files), ...folders], { outside: 'allowed' });
  const report = await runTests({ library, files, now, ...(only ? { only } : {}) });
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  return { report, source: (file) => texts.get(file) ?? library.read(file) };
}

/** Saves of an editor come in bursts. */
const QUIET_MS = 100;

/** Calls `again` each time that something in these folders has changed, until the signal fires. */
export async function onChange(
  folders: readonly string[],
  signal: AbortSignal,
  again: () => Promise<void>,
): Promise<void> {
  let due: NodeJS.Timeout | undefined;
  let line = Promise.resolve();
  const changed = (name: string | null) => {
    if (name !== null && !/\.(ya?ml|sh)$/.test(name)) return;
    clearTimeout(due);
    due = setTimeout(() => {
      line = line.then(again);
    }, QUIET_MS);
  };
  const watching = folders.map(async (folder) => {
    try {
      for await (const { filename } of watch(folder, { recursive: true, signal })) changed(filename);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  });
  await Promise.all(watching);
  clearTimeout(due);
  await line;
}
