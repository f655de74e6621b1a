import { existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TestReport } from '../../runbook-tests/run.ts';
import { dataFolder } from '../client/connection.ts';
import { EXIT } from '../exit.ts';
import { runbookFolders, shippedRunbooks } from '../files.ts';
import type { Io } from '../io.ts';
import { onChange, type TestsRun, testsOffline } from '../offline/tests.ts';
import { complaintText } from '../view/complaint.ts';
import { junitXml } from '../view/junit.ts';
import { problemText } from '../view/problem.ts';
import { casesText, coverageText } from '../view/tests.ts';
import { counted, duration } from '../view/text.ts';
import { examples, path } from './options.ts';

type Options = {
  readonly format: 'text' | 'json' | 'junit';
  readonly only?: RegExp;
  readonly minCoverage?: number;
  readonly junit?: string;
  readonly watch?: true;
  readonly verbose?: true;
  readonly data?: string;
  readonly runbooks?: readonly string[];
};

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Runs tests of runbooks (NAME.test.yaml): the real interpreter, mocked hosts and a clock of its own. Needs no server and no host.\nExit 1 where a case fails or too little is covered, 2 where a test or a runbook is wrong.',
    )
    .argument(
      '[PATH...]',
      'files of tests, runbooks, folders or names; left out: all in your folders of runbooks',
    )
    .addOption(
      new Option('-t, --only <PATTERN>', 'only cases whose "RUNBOOK: NAME" matches').argParser(pattern),
    )
    .addOption(
      new Option('-o, --format <FORMAT>', 'text to read, json, or junit')
        .choices(['text', 'json', 'junit'])
        .default('text'),
    )
    .option('--junit <FILE>', 'write JUnit XML there as well')
    .addOption(
      new Option('--min-coverage <PERCENT>', 'each runbook has to be covered so far').argParser(percent),
    )
    .option('-w, --watch', 'again whenever a file changes, until Ctrl-C')
    .option('-v, --verbose', 'a line for each case')
    .option('--runbooks <DIR>', 'a folder that names are looked up in too; once for each', path)
    .addOption(new Option('--data <DIR>', 'the data folder whose runbooks are meant too (or HOLDFAST_DATA)'));
  examples(command, [
    'holdfast test',
    'holdfast test our/runbooks --watch',
    'holdfast test etcd/rebuild -t "quorum" -v',
    'holdfast test --min-coverage 90 --junit report.xml',
  ]);
  command.action(async (paths: readonly string[], options: Options) =>
    answer(await test(paths, options, io)),
  );
}

async function test(paths: readonly string[], options: Options, io: Io): Promise<number> {
  const folders = runbookFolders(options, dataFolder(options, io.env)).filter((one) => existsSync(one));
  const { only } = options;
  const meant = {
    paths,
    folders,
    shipped: shippedRunbooks(),
    now: () => performance.now(),
    ...(only ? { only } : {}),
  };
  const once = async () => shown(await testsOffline(meant), options, io);
  if (!options.watch) return once();
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.on('SIGINT', onInterrupt);
  try {
    let exit = await again(once, io);
    io.say('Watching; Ctrl-C ends it.');
    await onChange(watched(paths, folders), stop.signal, async () => {
      exit = await again(once, io);
    });
    return exit;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

/** What is wrong now may be mended with the next save. */
async function again(once: () => Promise<number>, io: Io): Promise<number> {
  try {
    return await once();
  } catch (error) {
    io.say(problemText(io.talk, error));
    return EXIT.invalid;
  }
}

function watched(paths: readonly string[], folders: readonly string[]): readonly string[] {
  const named = paths
    .filter((one) => existsSync(one))
    .map((one) => (/\.ya?ml$/.test(one) ? dirname(resolve(one)) : resolve(one)));
  return [...new Set([...folders, ...named])];
}

function shown({ report, source }: TestsRun, options: Options, io: Io): number {
  if (options.junit !== undefined) writeFileSync(options.junit, `${junitXml(report)}\n`);
  const { format, minCoverage } = options;
  const thin = minCoverage === undefined ? [] : report.coverage.filter(({ percent: of }) => of < minCoverage);
  if (format === 'json') io.out(JSON.stringify(report, undefined, 2));
  else if (format === 'junit') io.out(junitXml(report));
  else {
    for (const complaint of report.complaints)
      io.out(`${complaintText(io.paint, complaint, source(complaint.file))}\n`);
    io.out(casesText(io.paint, report, options.verbose ?? false));
    // Of some of the cases it would say nothing of the tests.
    if (!options.only) io.out(`\n${coverageText(io.paint, report)}`);
  }
  io.say(`\n${summary(report, io)}`);
  for (const { runbook, percent: of } of thin)
    io.say(`${io.talk.red('✗')} ${runbook}: ${of} % covered, and ${minCoverage} % are wanted.`);
  if (report.complaints.some(({ severity }) => severity === 'error')) return EXIT.invalid;
  return thin.length > 0 || report.cases.some(({ result }) => result !== 'passed') ? EXIT.failed : EXIT.done;
}

function summary({ cases, complaints, ms }: TestReport, { talk }: Io): string {
  const of = (result: TestReport['cases'][number]['result']) =>
    cases.filter((one) => one.result === result).length;
  const errors = complaints.filter(({ severity }) => severity === 'error').length;
  const bad = [
    ...(of('failed') > 0 ? [`${of('failed')} failed`] : []),
    ...(of('invalid') > 0 ? [`${of('invalid')} could not be run`] : []),
    ...(errors > 0 ? [counted(errors, 'complaint')] : []),
  ];
  const good = `${of('passed')} passed`;
  return `${bad.length === 0 ? talk.green('✓') : talk.red('✗')} ${counted(cases.length, 'case')}: ${[good, ...bad].join(', ')}, in ${duration(ms)}.`;
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function percent(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}$/.test(text) || value > 100)
    throw new InvalidArgumentError('It must be a whole number up to 100.');
  return value;
}
