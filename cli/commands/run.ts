import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { PlanView } from '../../server/api/plans.ts';
import type { RunAccepted } from '../../server/api/runs.ts';
import { confirm } from '../ask.ts';
import type { Api } from '../client/api.ts';
import { planned } from '../client/planned.ts';
import { sources } from '../client/sources.ts';
import { EXIT, invalid } from '../exit.ts';
import { follow } from '../follow/follow.ts';
import type { Io } from '../io.ts';
import { planPage } from '../view/plan.ts';
import { connect, examples, type ServerOptions, serverOptions } from './options.ts';
import { type PlanOptions, planOptions, planRequest } from './planOptions.ts';

type Options = ServerOptions &
  PlanOptions & {
    readonly plan?: string;
    readonly yes?: true;
    readonly reason?: string;
    readonly ticket?: string;
    readonly detach?: true;
    readonly wait?: true;
  };

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Shows the plan, asks, starts it and follows it until it ends. Ctrl-C stops following, not the run.\nExit codes: 0 it succeeded, 1 it failed, 2 invalid input or no yes, 3 it is held or waits and nobody follows it.',
    )
    .argument('[NAME]', 'a runbook, as etcd/rebuild');
  planOptions(command);
  command
    .option('--plan <DIGEST>', 'exactly the plan that holdfast plan showed, instead of NAME and inputs')
    .option('-y, --yes', 'do not ask')
    .option('-m, --reason <REASON>', 'why; it stands in the record')
    .option('--ticket <TICKET>', 'a ticket; it stands in the record')
    .option('-d, --detach', 'start it and leave; prints the run’s id')
    .option('--wait', 'without a terminal: stay while the run is held or waits');
  serverOptions(command);
  examples(command, [
    'holdfast run etcd/triage -i members=etcd',
    'holdfast run etcd/rebuild -i members=etcd -m "lost its quorum" --ticket OPS-17',
    'holdfast run --plan 3f2a… --yes --detach',
    'holdfast run etcd/members -i members=etcd --yes -o json | jq -r .kind',
  ]);
  command.action(async (name: string | undefined, options: Options) =>
    answer(await start(name, options, io)),
  );
}

async function start(name: string | undefined, options: Options, io: Io): Promise<number> {
  if ((name === undefined) === (options.plan === undefined)) {
    throw invalid(
      'cli/what-to-run',
      name === undefined ? 'It is not said what to run.' : 'A name and a plan are two things to run.',
      'Give either: holdfast run NAME -i key=value, or: holdfast run --plan DIGEST',
    );
  }
  const api = await connect(options, io);
  const plan = await planToRun(api, name, options, io);
  // Only after the plan: what is wrong with the inputs would come up next anyway.
  if (!options.yes && !io.canAsk) {
    throw invalid(
      'cli/no-terminal',
      'There is no terminal to ask whether to start this.',
      `Add --yes, or look at the plan first: holdfast plan, then holdfast run --plan ${plan.digest} --yes`,
    );
  }
  const json = options.format === 'json';
  if (!json || !options.yes) io.say(`${planPage(plan, { paint: io.talk, columns: io.columns() })}\n`);
  if (!options.yes && !(await confirm('Start it?'))) {
    io.say(`Nothing was started. Later: holdfast run --plan ${plan.digest}`);
    return EXIT.invalid;
  }
  const accepted = await started(api, plan.digest, options);
  for (const warning of accepted.warnings) io.say(`${io.talk.yellow('warning:')} ${warning}`);
  if (options.detach) {
    io.out(json ? JSON.stringify(accepted) : accepted.run);
    io.say(`Started. Follow it: holdfast watch ${accepted.run}`);
    return EXIT.done;
  }
  return follow(api, io, { run: accepted.run, wait: options.wait ?? false, json });
}

/** What was shown is what is started: the plan is made once, and run by its digest. */
async function planToRun(api: Api, name: string | undefined, options: Options, io: Io): Promise<PlanView> {
  if (name === undefined) return api.get<PlanView>(`/api/plans/${options.plan}`);
  // Hosts are asked for what is shown of them: for nothing, where nobody is shown it.
  const unseen = options.yes ? options.format === 'json' : !io.canAsk;
  const offline = unseen ? { offline: true } : {};
  return sources(api, io, name, () => planned(api, io, { ...planRequest(name, options), ...offline }));
}

async function started(api: Api, digest: string, options: Options): Promise<RunAccepted> {
  const { body } = await api.post<RunAccepted>(
    '/api/runs',
    {
      plan: digest,
      reason: options.reason ?? '',
      ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
    },
    randomUUID(),
  );
  return body;
}
