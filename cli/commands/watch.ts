import type { Command } from 'commander';
import { findRun } from '../client/runRef.ts';
import { follow } from '../follow/follow.ts';
import type { Io } from '../io.ts';
import { connect, examples, type ServerOptions, serverOptions } from './options.ts';

type Options = ServerOptions & { readonly wait?: true };

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Follows a run until it ends. Ctrl-C stops following, not the run.\nWithout a terminal: a line for each event, and exit 3 as soon as the run is held or waits.',
    )
    .argument('[RUN]', 'its id, the beginning of it, or @last', '@last')
    .option('--wait', 'without a terminal: stay while the run is held or waits');
  serverOptions(command);
  examples(command, ['holdfast watch', 'holdfast watch h3k2 --wait', 'holdfast watch @last -o json']);
  command.action(async (ref: string, options: Options) => {
    const api = await connect(options, io);
    const run = await findRun(api, ref);
    answer(await follow(api, io, { run, wait: options.wait ?? false, json: options.format === 'json' }));
  });
}
