import type { Command } from 'commander';
import type { PlanView } from '../../server/api/plans.ts';
import type { Io } from '../io.ts';
import { planPage } from '../view/plan.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';
import { type PlanOptions, planOptions, planRequest } from './planOptions.ts';

type Options = ServerOptions & PlanOptions & { readonly offline?: true };

export function define(command: Command, io: Io): void {
  command
    .description(
      'Shows what a runbook would do, step by step and host by host, and what the hosts say when they are asked\n(nothing is changed). The digest at its end names exactly this plan: holdfast run --plan DIGEST.',
    )
    .argument('NAME', 'a runbook, as etcd/rebuild');
  planOptions(command);
  command.option('--offline', 'ask no host and no server: from the files alone');
  serverOptions(command);
  examples(command, [
    'holdfast plan etcd/triage -i members=etcd',
    'holdfast plan etcd/rebuild -i members=etcd --limit "etcd:!etcd02"',
    'holdfast plan etcd/rebuild -i members=etcd --offline',
    'holdfast plan etcd/rebuild -i members=etcd -o json | jq -r .digest',
  ]);
  command.action(async (name: string, options: Options) => {
    const plan = options.offline ? await offline(name, options, io) : await asked(name, options, io);
    print(io, options, plan, () => planPage(plan, { paint: io.paint, columns: io.columns() }));
    if (options.offline || options.format === 'json') return;
    io.say(`\nStart it: holdfast run --plan ${plan.digest}`);
  });
}

async function asked(name: string, options: Options, io: Io): Promise<PlanView> {
  const api = await connect(options, io);
  const { sources } = await import('../client/sources.ts');
  return sources(api, io, name, async () => {
    const { body } = await api.post<PlanView>('/api/plans', planRequest(name, options));
    return body;
  });
}

async function offline(name: string, options: Options, io: Io): Promise<PlanView> {
  const { planOffline } = await import('../offline/plan.ts');
  return planOffline(name, options, io);
}
