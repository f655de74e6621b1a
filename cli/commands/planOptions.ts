import { type Command, Option } from 'commander';
import { pair, path } from './options.ts';

export type PlanOptions = {
  readonly input?: Readonly<Record<string, string>>;
  readonly limit?: string;
  readonly onFailure: 'hold' | 'fail';
  readonly inventory?: readonly string[];
  readonly runbooks?: readonly string[];
  readonly data?: string;
  readonly step?: string;
};

/** What goes into a plan. */
export function planOptions(command: Command): void {
  command
    .option('-i, --input <NAME=VALUE>', 'an input of the runbook; once for each', pair)
    .option('--limit <PATTERN>', 'only these hosts of the inventory: etcd, etcd01, etcd:!etcd02')
    .addOption(
      new Option(
        '--on-failure <WHAT>',
        'what a failed step does: hold and wait for a person, or fail the run',
      )
        .choices(['hold', 'fail'])
        .default('hold'),
    )
    .addOption(
      new Option('--inventory <PATH>', 'with --offline: inventory file; once for each')
        .argParser(path)
        .helpGroup('Offline:'),
    )
    .addOption(
      new Option('--runbooks <DIR>', 'with --offline: folder of runbooks, before the ones that come with it')
        .argParser(path)
        .helpGroup('Offline:'),
    );
}

/** As the API takes it. */
export function planRequest(name: string, options: PlanOptions): object {
  return {
    runbook: name,
    inputs: options.input ?? {},
    on_failure: options.onFailure,
    ...(options.limit === undefined ? {} : { limit: options.limit }),
  };
}
