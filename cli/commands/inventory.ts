import type { Command } from 'commander';
import type { HostCheck, InventoryView } from '../../server/api/inventory.ts';
import type { Api } from '../client/api.ts';
import { checked } from '../client/checked.ts';
import { EXIT, invalid } from '../exit.ts';
import type { Io, Paint } from '../io.ts';
import { complaintText } from '../view/complaint.ts';
import { bytes, duration, indent, shownValue, table } from '../view/text.ts';
import { connect, examples, print, type ServerOptions, serverOptions } from './options.ts';

type Host = InventoryView['hosts'][number];

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command.description('The hosts that runbooks can be run on.');
  const list = command.command('list', { isDefault: true }).description('Lists hosts with their groups.');
  serverOptions(list);
  examples(list, ['holdfast inventory', 'holdfast inventory list -o json | jq -r ".hosts[].name"']);
  list.action(async (options: ServerOptions) => {
    const view = await load(await connect(options, io));
    if (view.hosts.length === 0) io.say('There are no hosts. Name a file: holdfast up --inventory FILE');
    for (const warning of view.warnings) io.say(`${complaintText(io.talk, warning, undefined)}\n`);
    print(io, options, view, () => hostList(io.paint, view));
  });

  const show = command
    .command('show')
    .description('Shows a host or a group with its variables.')
    .argument('NAME', 'a host or a group');
  serverOptions(show);
  examples(show, ['holdfast inventory show etcd01', 'holdfast inventory show etcd']);
  show.action(async (name: string, options: ServerOptions) => {
    const view = await load(await connect(options, io));
    const members = view.groups[name];
    const hosts = view.hosts.filter((host) => host.name === name || members?.includes(host.name));
    if (hosts.length === 0) {
      throw invalid(
        'inventory/unknown',
        `The inventory has no host or group ${name}.`,
        'See: holdfast inventory',
      );
    }
    print(io, options, hosts, () => hosts.map((host) => hostPage(io.paint, host)).join('\n\n'));
    const unread = Object.keys(view.unread);
    if (unread.length > 0)
      io.say(
        `Left out, as only Ansible can read them: ${unread.slice(0, 20).join(', ')}${unread.length > 20 ? ' …' : ''}`,
      );
  });

  const check = command
    .command('check')
    .description(
      'Connects to hosts and looks at what a run needs there: host key, user, sudo, disk, clock.\nExit 1 where one is not ready.',
    )
    .argument('[PATTERN]', 'which hosts; left out: all');
  serverOptions(check);
  examples(check, ['holdfast inventory check', 'holdfast inventory check "etcd:!etcd02"']);
  check.action(async (pattern: string | undefined, options: ServerOptions) => {
    const api = await connect(options, io);
    const { hosts } = await checked(api, io, pattern);
    if (hosts.length === 0) io.say('There are no hosts. Name a file: holdfast up --inventory FILE');
    print(io, options, hosts, () => checkPage(io.paint, hosts));
    if (hosts.some(({ ok }) => !ok)) answer(EXIT.failed);
  });
  examples(command, ['holdfast inventory', 'holdfast inventory show etcd', 'holdfast inventory check']);
}

function load(api: Api): Promise<InventoryView> {
  return api.get<InventoryView>('/api/inventory');
}

function hostList(paint: Paint, view: InventoryView): string {
  const rows = view.hosts.map((host) => [
    paint.bold(host.name),
    `${host.user}@${host.address}${host.port === 22 ? '' : `:${host.port}`}`,
    host.zone === 'default' ? '' : host.zone,
    paint.dim(host.groups.filter((group) => group !== 'all').join(' ')),
  ]);
  return [
    ...(rows.length === 0 ? [] : [table(rows)]),
    paint.dim(`from ${view.sources.join(', ') || 'no file'}`),
  ].join('\n');
}

function hostPage(paint: Paint, host: Host): string {
  const rows = [
    ['address', `${host.address} port ${host.port}`],
    ['user', host.user],
    ['zone', host.zone],
    ...(host.home === undefined ? [] : [['home', host.home]]),
    ['groups', host.groups.join(' ')],
    ...Object.entries(host.vars).map(([name, value]) => [name, shownValue(value)]),
  ].map(([name = '', value = '']) => [paint.dim(name), value]);
  return `${paint.bold(host.name)}\n${indent(table(rows), '  ')}`;
}

export function checkPage(paint: Paint, hosts: readonly HostCheck[]): string {
  const rows = hosts.map((host) => [
    host.ok
      ? host.warnings.length === 0
        ? paint.green('✓ ready')
        : paint.yellow('! ready')
      : paint.red('✗ not ready'),
    paint.bold(host.host),
    host.user ?? '',
    host.system ?? '',
    host.sudo === undefined ? '' : host.sudo ? 'sudo' : 'no sudo',
    host.free_bytes === undefined ? '' : `${bytes(host.free_bytes)} free`,
    host.clock_skew_ms === undefined
      ? ''
      : `clock ${host.clock_skew_ms > 0 ? '+' : ''}${signed(host.clock_skew_ms)}`,
    host.host_key === undefined ? '' : paint.dim(host.host_key.slice(0, host.host_key.indexOf(':') + 9)),
    paint.dim(duration(host.took_ms)),
  ]);
  const lines = table(rows).split('\n');
  return hosts
    .flatMap((host, i) => [
      lines[i] ?? '',
      ...(host.ok ? [] : [`    ${host.says}`]),
      ...host.warnings.map((warning) => `    ${paint.yellow('warning:')} ${warning}`),
    ])
    .join('\n');
}

function signed(ms: number): string {
  return ms < 0 ? `-${duration(-ms)}` : duration(ms);
}
