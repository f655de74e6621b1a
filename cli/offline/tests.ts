import { watch } from 'node:fs/promises';
import { folderLibrary } from '../../language/load/library.ts';
import { findTests, rootsOf } from '../../runbook-tests/find.ts';
import { runTests, type TestReport } from '../../runbook-tests/run.ts';
import { invalid } from '../exit.ts';

export type TestsMeant = {
  readonly paths: readonly string[];
  /** Where runbooks are looked for, those that win first. */
  readonly folders: readonly string[];
  /** Those that come with Holdfast: tried by themselves only where nobody has tests of their own. */
  readonly shipped: string;
  readonly only?: RegExp;
  readonly now: () => number;
};

export type TestsRun = {
  readonly report: TestReport;
  /** The text of a file that a complaint names. */
  readonly source: (file: string) => string | undefined;
};

/** Runs the tests that are meant, read anew each time. Throws `test/none` where nothing is meant. */
export async function testsOffline(meant: TestsMeant): Promise<TestsRun> {
  const { folders, only, now } = meant;
  const { files, strange } = found(meant);
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
  if (only && report.cases.length === 0 && report.complaints.length === 0)
    throw invalid(
      'test/none',
      `No case matches ${only.source}.`,
      'A case is matched by "RUNBOOK: NAME", as holdfast test -v shows it.',
    );
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  return { report, source: (file) => texts.get(file) ?? library.read(file) };
}

function found({ paths, folders, shipped }: TestsMeant): ReturnType<typeof findTests> {
  if (paths.length > 0) return findTests(paths, folders);
  const own = findTests(
    [],
    folders.filter((one) => one !== shipped),
  );
  return own.files.length > 0 ? own : findTests([], [shipped]);
}

/** An editor saves in bursts: what comes within this time is one change. */
const BURST_MS = 100;

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
    due ??= setTimeout(() => {
      due = undefined;
      line = line.then(again);
    }, BURST_MS);
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
