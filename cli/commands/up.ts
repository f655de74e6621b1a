import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { WorkersDoor } from '../../server/workers/listen.ts';
import { dataFolder } from '../client/connection.ts';
import { EXIT, invalid } from '../exit.ts';
import { inventoryFiles, runbookFolders } from '../files.ts';
import type { Io } from '../io.ts';
import { progressLine } from '../view/progress.ts';
import { type Address, address, examples, type OutputOptions, outputOption, path, whole } from './options.ts';
import { type TemporalFlags, targetOf, temporalOptions } from './temporalOptions.ts';

type Options = OutputOptions &
  TemporalFlags & {
    readonly data?: string;
    readonly port?: number;
    readonly sealingKey?: string;
    readonly workers?: Address;
    readonly workersTokenFile?: string;
    readonly workersTlsCert?: string;
    readonly workersTlsKey?: string;
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
    .option('--sealing-key <FILE>', 'the key for sensitive outputs; left out: DATA/sealing-key, made there')
    .addOption(
      forWorkers('--workers <ADDRESS:PORT>', 'let workers on other machines in, here').argParser(address),
    )
    .addOption(forWorkers('--workers-token-file <FILE>', 'their token; left out: DATA/worker-token'))
    .addOption(forWorkers('--workers-tls-cert <FILE>', 'speak TLS with them, with this certificate'))
    .addOption(forWorkers('--workers-tls-key <FILE>', 'and this key'));
  temporalOptions(command);
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
    'holdfast up --temporal temporal.example:7233 --namespace ops',
    'holdfast up --workers 10.0.0.5:7412',
  ]);
  command.action(async (options: Options) => answer(await serve(options, io)));
}

function forWorkers(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('Workers elsewhere:');
}

function doorOf(options: Options, { host, port }: Address): WorkersDoor {
  const { workersTokenFile: tokenFile, workersTlsCert: cert, workersTlsKey: key } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw invalid(
      'up/tls',
      'A certificate for workers goes with its key.',
      'Give both: --workers-tls-cert FILE --workers-tls-key FILE.',
    );
  }
  return {
    address: host,
    port,
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(cert === undefined || key === undefined ? {} : { tls: { cert, key } }),
  };
}

async function serve(options: Options, io: Io): Promise<number> {
  const dataDir = dataFolder(options, io.env);
  const inventory = inventoryFiles(options, dataDir);
  const runbooks = runbookFolders(options, dataDir);
  for (const file of [...inventory, ...(options.runbooks ?? [])]) {
    if (!existsSync(file))
      throw invalid('up/no-file', `There is no ${file}.`, 'Correct --inventory or --runbooks.');
  }
  const { sealingKey } = options;
  if (sealingKey !== undefined && !existsSync(sealingKey))
    throw invalid('up/no-file', `There is no ${sealingKey}.`, 'Correct --sealing-key.');
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
    ...(options.temporal === undefined ? {} : { temporal: targetOf(options, options.temporal) }),
    ...(sealingKey === undefined ? {} : { sealingKey }),
    ...(options.workers === undefined ? {} : { workers: doorOf(options, options.workers) }),
  }).finally(progress.end);
  if (options.format === 'json') {
    io.out(
      JSON.stringify({
        url: running.url,
        data: dataDir,
        temporal: running.temporalAddress,
        ...(running.workersUrl === undefined ? {} : { workers: running.workersUrl }),
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
      ...(running.workersUrl === undefined
        ? []
        : [
            `  workers    ${running.workersUrl}${running.workersUrl.startsWith('http:') ? talk.dim(' (not encrypted)') : ''}`,
          ]),
      `In another terminal: holdfast runbooks`,
    ].join('\n'),
  );
  await stopOnSignal(running, io.say);
  return EXIT.done;
}
