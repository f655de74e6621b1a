import { type Command, Option } from 'commander';
import type { PlanView } from '../../server/api/plans.ts';
import { planned } from '../client/planned.ts';
import type { Io } from '../io.ts';
import { planPage } from '../view/plan.ts';
import { scriptsPage } from '../view/planScripts.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';
import { type PlanOptions, planOptions, planRequest } from './planOptions.ts';

type Options = ServerOptions & PlanOptions & { readonly offline?: true; readonly diff?: string };

export function define(command: Command, io: Io): void {
  command
    .description(
      'Shows what a runbook would do, step by step and host by host: what would change, what is done already, what only\nthe run will know and why, and where it would stop. Hosts are asked for that; nothing is changed on them.\nThe digest at its end names exactly this plan: holdfast run --plan DIGEST.',
    )
    .argument('NAME', 'a runbook, as etcd/rebuild');
  planOptions(command);
  command
    .option(
      '--diff <PLAN>',
      'what is different from a plan (its digest, or the beginning of it) or a run’s plan',
    )
    .option(
      '--step <PATH>',
      'the scripts of one step, with the functions that they call; hosts are not asked',
    )
    .addOption(new Option('--offline', 'ask no host and no server: from the files alone').conflicts('diff'));
  serverOptions(command);
  examples(command, [
    'holdfast plan etcd/triage -i members=etcd',
    'holdfast plan etcd/rebuild -i members=etcd --limit "etcd:!etcd02"',
    'holdfast plan etcd/rebuild -i members=etcd --diff 3f2a91c0          (or --diff @last)',
    'holdfast plan etcd/rebuild -i members=etcd --step freeze',
    'holdfast plan etcd/rebuild -i members=etcd --offline',
    'holdfast plan etcd/rebuild -i members=etcd -o json | jq -r .digest',
  ]);
  command.action(async (name: string, options: Options) => {
    const plan = options.offline ? await offline(name, options, io) : await asked(name, options, io);
    const look = { paint: io.paint, columns: io.columns() };
    print(io, options, plan, () =>
      plan.scripts === undefined ? planPage(plan, look) : scriptsPage(plan.scripts, options.step ?? '', look),
    );
    if (options.offline || options.step !== undefined || options.format === 'json') return;
    io.say(`\nStart it: holdfast run --plan ${plan.digest}`);
  });
}

async function asked(name: string, options: Options, io: Io): Promise<PlanView> {
  const api = await connect(options, io);
  const { sources } = await import('../client/sources.ts');
  const diff = options.diff === undefined ? {} : { diff: options.diff };
  const step = options.step === undefined ? {} : { step: options.step, offline: true };
  return sources(api, io, name, () => planned(api, io, { ...planRequest(name, options), ...diff, ...step }));
}

async function offline(name: string, options: Options, io: Io): Promise<PlanView> {
  const { planOffline } = await import('../offline/plan.ts');
  return planOffline(name, options, io);
}
