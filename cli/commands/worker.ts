import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { EXIT, invalid } from '../exit.ts';
import type { Io } from '../io.ts';
import { examples, many } from './options.ts';
import { type TemporalFlags, targetOf, temporalOptions } from './temporalOptions.ts';

type Options = TemporalFlags & {
  readonly server: string;
  readonly tokenFile: string;
  readonly serverCa?: string;
  readonly zone?: readonly string[];
};

const LET_GO_MS = 500;

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'A worker on another machine than the server: it reaches hosts from there, and writes the record through the server.\nStays until it is told to stop; what it was doing on hosts runs on, and another worker follows it. Its log is on standard output.',
    )
    .requiredOption('--server <URL>', 'where the server lets workers in: its --workers')
    .requiredOption('--token-file <FILE>', "a copy of the server's worker-token")
    .option('--server-ca <FILE>', "the certificate that vouches for the server's")
    .addOption(
      new Option(
        '--zone <ZONE>',
        'the zone whose hosts it reaches; once for each; left out: default, and with it workflows too',
      ).argParser(many),
    );
  temporalOptions(command);
  examples(command, [
    'holdfast worker --server https://holdfast.example:7412 --token-file worker-token --temporal temporal.example:7233',
    'holdfast worker --server http://10.0.0.5:7412 --token-file worker-token --temporal 10.0.0.6:7233 --zone dmz',
  ]);
  command.action(async (options: Options) => answer(await work(options, io)));
}

async function work(options: Options, io: Io): Promise<number> {
  if (options.temporal === undefined) {
    throw invalid(
      'worker/no-temporal',
      'A worker of its own needs to know the Temporal that the server uses.',
      'Name it with --temporal HOST:7233.',
    );
  }
  if (!/^https?:\/\/[^/]/.test(options.server)) {
    throw invalid('worker/server', `${options.server} is no URL.`, 'Write it as http://10.0.0.5:7412.');
  }
  const target = targetOf(options, options.temporal);
  const [{ cacheFolder }, { openLog }, { workerProcess }] = await Promise.all([
    import('../../toolbox/cacheFolder.ts'),
    import('../../worker/log.ts'),
    import('../../worker/workerProcess.ts'),
  ]);
  const code = await workerProcess({
    config: {
      temporal: target,
      ledger: {
        kind: 'server',
        url: options.server,
        tokenFile: options.tokenFile,
        ...(options.serverCa === undefined ? {} : { ca: options.serverCa }),
      },
      bundles: join(cacheFolder(io.env), 'workflow-bundles'),
      zones: options.zone ?? ['default'],
      ...(io.env.HOLDFAST_WATCH === undefined ? {} : { watch: io.env.HOLDFAST_WATCH }),
    },
    log: openLog(undefined, 'worker'),
    ready: () => io.say(`Holdfast's worker takes work from ${target.address}.`),
  });
  // A thread that did not let go would keep this process alive.
  setTimeout(() => process.exit(code), LET_GO_MS).unref();
  return code === 0 ? EXIT.done : EXIT.failed;
}
