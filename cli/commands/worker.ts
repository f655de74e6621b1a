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
  readonly sealingKey?: string;
  readonly zone?: readonly string[];
};

/** Longer than a worker takes to let go of everything or to give up on it. */
const GRACE_MS = 10_000;

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'A worker on another machine than the server: it reaches hosts from there, and writes the record through the server.\nStays until it is told to stop, and is started again when it dies; what it was doing on hosts runs on, and any worker follows it. Its log is on standard output.',
    )
    .requiredOption('--server <URL>', 'where the server lets workers in: its --workers')
    .requiredOption('--token-file <FILE>', "a copy of the server's worker-token")
    .option('--server-ca <FILE>', "the certificate that vouches for the server's")
    .option(
      '--sealing-key <FILE>',
      "a copy of the server's sealing-key; without it no step with sensitive outputs",
    )
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
  const { server, tokenFile, serverCa, sealingKey, temporal } = options;
  if (temporal === undefined) {
    throw invalid(
      'worker/no-temporal',
      'A worker of its own needs to know the Temporal that the server uses.',
      'Name it with --temporal HOST:7233.',
    );
  }
  if (!/^https?:\/\/[^/]/.test(server)) {
    throw invalid('worker/server', `${server} is no URL.`, 'Write it as http://10.0.0.5:7412.');
  }
  const target = targetOf(options, temporal);
  const [{ cacheFolder }, { superviseWorker }, { serverLedger }, { temporalArguments }] = await Promise.all([
    import('../../toolbox/cacheFolder.ts'),
    import('../../server/embedded/worker.ts'),
    import('../../worker/serverLedger.ts'),
    import('../../worker/temporalTarget.ts'),
  ]);
  const told = signalled();
  // A token that is refused, or another version, is said here and once: no worker would come further.
  const ca = serverCa === undefined ? {} : { ca: serverCa };
  const which = { kind: 'server', url: server, tokenFile, ...ca } as const;
  const log = { info: (_data: unknown, says?: string) => io.say(`${says} (${server})`) };
  const ledger = await serverLedger(which, log, told.signal);
  await ledger.close();
  if (told.signal.aborted) return EXIT.done;

  const worker = superviseWorker({
    args: [
      ...['--server', server, '--token-file', tokenFile],
      ...(serverCa === undefined ? [] : ['--server-ca', serverCa]),
      ...(sealingKey === undefined ? [] : ['--sealing-key', sealingKey]),
      ...['--bundles', join(cacheFolder(io.env), 'workflow-bundles')],
      ...['--zones', (options.zone ?? ['default']).join(',')],
      ...temporalArguments(target),
    ],
    ready: (pid) => io.say(`Worker ${pid} takes work from ${target.address}.`),
    changed: (event) => {
      if (event.kind === 'ended') io.say(`The worker ended (${event.why}); starting it again.`);
    },
  });
  await told.promise;
  io.say('Letting go; what it did on hosts runs on there.');
  await worker.stop(GRACE_MS);
  return EXIT.done;
}

/** The first of the signals that ask for an end. */
function signalled(): { readonly signal: AbortSignal; readonly promise: Promise<void> } {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      controller.abort();
      resolve();
    });
  }
  return { signal: controller.signal, promise };
}
