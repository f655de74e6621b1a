import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { dataFolder } from '../client/connection.ts';
import { EXIT, invalid } from '../exit.ts';
import { inventoryFiles, runbookFolders } from '../files.ts';
import type { Io } from '../io.ts';
import { progressLine } from '../view/progress.ts';
import { examples, type OutputOptions, outputOption, path, whole } from './options.ts';

type Options = OutputOptions & {
  readonly data?: string;
  readonly port?: number;
  readonly temporal?: string;
  readonly namespace?: string;
  readonly inventory?: readonly string[];
  readonly runbooks?: readonly string[];
};

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Starts Temporal, a worker and the server on this machine, for this user alone, with their data in one folder.\nStays until Ctrl-C. Runs go on when it is up again; commands on hosts run on meanwhile.',
    )
    .option('--inventory <PATH>', 'inventory file; once for each', path)
    .option('--runbooks <DIR>', 'folder of runbooks, before the ones that come with it; once for each', path)
    .option('--data <DIR>', 'where everything is kept (or HOLDFAST_DATA)')
    .option('--port <PORT>', 'this port or none; left out: 7411, or one that is free', whole)
    .addOption(
      new Option('--temporal <ADDRESS>', 'a Temporal that runs already, as host:7233').helpGroup('Temporal:'),
    )
    .addOption(new Option('--namespace <NAME>', 'which namespace there').helpGroup('Temporal:'));
  outputOption(command);
  command.addHelpText(
    'after',
    `
Without --inventory the first of these: ./inventory.yaml, DATA/inventory.yaml, the lab's.
Runbooks with the same name: the one in --runbooks is meant, then ./runbooks, DATA/runbooks, the ones that come with it.`,
  );
  examples(command, [
    'holdfast up',
    'holdfast up --inventory production.yaml --runbooks our/runbooks',
    'holdfast up --temporal 127.0.0.1:7233',
  ]);
  command.action(async (options: Options) => answer(await serve(options, io)));
}

async function serve(options: Options, io: Io): Promise<number> {
  const dataDir = dataFolder(options, io.env);
  const inventory = inventoryFiles(options, dataDir);
  const runbooks = runbookFolders(options, dataDir);
  for (const file of [...inventory, ...(options.runbooks ?? [])]) {
    if (!existsSync(file))
      throw invalid('up/no-file', `There is no ${file}.`, 'Correct --inventory or --runbooks.');
  }
  const started = io.now();
  const progress = progressLine(io);
  progress.say('reading the server …');
  const { up, stopOnSignal } = await import('../../server/up.ts');
  const running = await up({
    dataDir,
    inventory,
    runbooks,
    progress: progress.say,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.temporal === undefined ? {} : { temporal: options.temporal }),
    ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
  }).finally(progress.end);
  if (options.format === 'json') {
    io.out(
      JSON.stringify({
        url: running.url,
        data: dataDir,
        temporal: running.temporalAddress,
        pid: process.pid,
      }),
    );
  } else {
    io.out(running.url);
  }
  const seconds = ((io.now() - started) / 1000).toFixed(1);
  const { talk } = io;
  io.say(
    [
      `${talk.green('Holdfast is up')} after ${seconds} s. Ctrl-C stops it; runs go on when it is up again.`,
      `  data       ${dataDir}`,
      `  inventory  ${inventory.join(', ') || talk.yellow('none: name one with --inventory, or try: holdfast lab up')}`,
      `  runbooks   ${runbooks.map((one) => (existsSync(one) ? one : talk.dim(`${one} (none yet)`))).join(', ')}`,
      `  Temporal   ${running.temporalAddress}`,
      `In another terminal: holdfast runbooks`,
    ].join('\n'),
  );
  await stopOnSignal(running, io.say);
  return EXIT.done;
}
