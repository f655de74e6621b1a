import type { Command } from 'commander';
import type { EntryList } from '../../server/api/ledger.ts';
import { findRun } from '../client/runRef.ts';
import type { Io } from '../io.ts';
import { recordLine } from '../view/record.ts';
import { connect, examples, many, type ServerOptions, serverOptions, whole } from './options.ts';

type Options = ServerOptions & {
  readonly run?: string;
  readonly kinds?: readonly string[];
  readonly after: number;
  readonly limit?: number;
};

const PAGE = 1000;

export function define(command: Command, io: Io): void {
  command.description('The record of what happened, who asked for it and why.');
  const log = command
    .command('log', { isDefault: true })
    .description('Prints every entry in the order in which they were written; -o json: one per line, whole.')
    .option('--run <RUN>', 'of one run only')
    .option('--kinds <KINDS>', 'of these kinds, with commas: run.held,operator.applied', many)
    .option('--after <SEQ>', 'after this entry', whole, 0)
    .option('-n, --limit <COUNT>', 'at most so many', whole);
  serverOptions(log);
  examples(log, [
    'holdfast audit log --run @last',
    'holdfast audit log --kinds operator.applied,operator.refused',
    'holdfast audit log -o json > record.jsonl',
  ]);
  log.action(async (options: Options) => {
    const api = await connect(options, io);
    const run = options.run === undefined ? undefined : await findRun(api, options.run);
    let after = options.after;
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    while (left > 0) {
      const limit = Math.min(PAGE, left);
      const { entries } = await api.get<EntryList>('/api/ledger', {
        run,
        kinds: options.kinds?.join(','),
        after,
        limit,
      });
      for (const entry of entries) {
        if (options.format === 'json') io.out(JSON.stringify(entry));
        else io.out(recordLine(io.paint, entry, { withRun: run === undefined }));
      }
      left -= entries.length;
      after = entries.at(-1)?.seq ?? after;
      if (entries.length < limit) return;
    }
  });
  examples(command, ['holdfast audit log --run @last']);
}
