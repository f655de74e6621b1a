import { type Command, Option } from 'commander';
import type { EntryList } from '../../server/api/ledger.ts';
import { findRun } from '../client/runRef.ts';
import { invalid } from '../exit.ts';
import { getRun } from '../follow/look.ts';
import type { Io } from '../io.ts';
import { decisionsOf } from '../view/decisions.ts';
import { reportMarkdown, reportOf } from '../view/report.ts';
import { runPage } from '../view/run.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';

type Options = ServerOptions & { readonly report?: 'markdown' | 'json' | true };

export function define(command: Command, io: Io): void {
  command
    .description('Shows a run on one page: how it stands, what waits for somebody, then its steps.')
    .argument('[RUN]', 'its id, the beginning of it, or @last', '@last')
    .addOption(
      new Option('--report [FORMAT]', 'what the runbook’s report: steps found').choices(['markdown', 'json']),
    );
  serverOptions(command);
  examples(command, [
    'holdfast show',
    'holdfast show r-20261123-h3k2x7',
    'holdfast show @last --report > report.md',
    'holdfast show @last -o json | jq .status',
  ]);
  command.action(async (ref: string, options: Options) => {
    const api = await connect(options, io);
    const view = await getRun(api, await findRun(api, ref));
    if (options.report === undefined) {
      const look = { paint: io.paint, now: io.now(), columns: io.columns() };
      return print(io, options, view, () => runPage(view, look));
    }
    if (view.report.length === 0) {
      throw invalid(
        'run/no-report',
        `${view.runbook} has no report: steps.`,
        `See all steps: holdfast show ${view.run}`,
      );
    }
    const json = options.report === 'json' || options.format === 'json';
    const asked = { run: view.run, kinds: 'operator.applied', limit: 1000 };
    const decisions = decisionsOf((await api.get<EntryList>('/api/ledger', asked)).entries);
    io.out(json ? JSON.stringify(reportOf(view, decisions), undefined, 2) : reportMarkdown(view, decisions));
  });
}
