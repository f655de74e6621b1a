import { type Command, Option } from 'commander';
import { dataFolder } from '../client/connection.ts';
import { inventoryFiles } from '../files.ts';
import type { Io } from '../io.ts';
import { progressLine } from '../view/progress.ts';
import { bytes, table } from '../view/text.ts';
import { examples, type OutputOptions, outputOption, print, whole } from './options.ts';

type LabOptions = OutputOptions & { readonly data?: string };
type UpOptions = LabOptions & {
  readonly hosts?: number;
  readonly etcd?: string;
  readonly disk?: string;
  readonly proxy?: true;
};

export function define(command: Command, io: Io): void {
  command.description(
    'Hosts on this machine, each with a real sshd and a home of its own: to learn on, to show, and to break.\nNothing is installed and no container is needed.',
  );
  const up = labOptions(
    command.command('up').description('Starts the hosts; called again it starts what is not running.'),
  )
    .option('--hosts <COUNT>', 'how many', whole)
    .option('--etcd <VERSION>', 'have etcd at hand for them, as 3.4 or 3.5')
    .option('--disk <SIZE>', 'each host’s disk: 256M, 1G, none')
    .option('--proxy', 'so that the network can be broken too');
  examples(up, ['holdfast lab up --etcd 3.4', 'holdfast lab up --hosts 5 --disk 256M']);
  up.action((options: UpOptions) => labUp(options, io));

  const status = labOptions(command.command('status').description('What runs on each host.'));
  status.action((options: LabOptions) => labStatus(options, io));

  const broken = labOptions(command.command('break').description('Breaks or mends one thing on a host.'))
    .argument('WHAT', 'see below')
    .argument('[ARGUMENTS...]', 'as WHAT takes them');
  examples(broken, [
    'holdfast lab break kill etcd01 etcd          kill -9 of etcd',
    'holdfast lab break full-disk etcd00          and free-disk',
    'holdfast lab break lose-data etcd01          its data and WAL',
    'holdfast lab break sshd-down etcd02          and sshd-up',
    'holdfast lab break partition etcd02          and heal (lab up --proxy)',
    'holdfast lab break slow etcd02 300           milliseconds (lab up --proxy)',
    'holdfast lab break reboot etcd00',
  ]);
  broken.action(async (what: string, words: readonly string[], options: LabOptions) => {
    const { labBreak, parseBreakage } = await import('../../lab/labBreak.ts');
    io.out(await labBreak(parseBreakage([what, ...words]), folder(options, io)));
  });

  const down = labOptions(
    command.command('down').description('Ends the hosts and removes what they had.'),
  ).option('--keep', 'leave keys and logs');
  examples(down, ['holdfast lab down']);
  down.action(async (options: LabOptions & { readonly keep?: true }) => {
    const { labDown } = await import('../../lab/labDown.ts');
    const there = await labDown({ ...folder(options, io), keep: options.keep ?? false });
    io.say(there ? 'The lab is gone: no process and no file of it is left.' : 'There was no lab.');
  });
  examples(command, [
    'holdfast lab up --etcd 3.4',
    'holdfast lab status',
    'holdfast lab break kill etcd01 etcd',
    'holdfast lab down',
  ]);
}

function labOptions(command: Command): Command {
  return outputOption(command).addOption(
    new Option('--data <DIR>', 'the data folder it belongs to (or HOLDFAST_DATA)'),
  );
}

function folder(options: LabOptions, io: Io): { readonly dir: string } {
  return { dir: `${dataFolder(options, io.env)}/lab` };
}

async function labUp(options: UpOptions, io: Io): Promise<void> {
  const { labUp } = await import('../../lab/labUp.ts');
  const progress = progressLine(io);
  const lab = await labUp({
    ...folder(options, io),
    ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
    ...(options.etcd === undefined ? {} : { etcdVersion: options.etcd }),
    ...(options.disk === undefined ? {} : { disk: options.disk }),
    ...(options.proxy === undefined ? {} : { proxy: true }),
    progress: progress.say,
  }).finally(progress.end);
  print(io, options, lab, () =>
    table(lab.hosts.map((host) => [io.paint.bold(host.name), `${host.address} port ${host.port}`])),
  );
  const inventory = `${lab.dir}/inventory.yaml`;
  const found = inventoryFiles({}, dataFolder(options, io.env)).includes(inventory);
  io.say(
    [
      '',
      `Inventory: ${inventory}${lab.etcd === undefined ? '' : `   etcd ${lab.etcd.version}: ${lab.etcd.source}`}`,
      'Next:',
      `  holdfast up${found ? '' : ` --inventory ${inventory}`}`,
      '  holdfast inventory check',
      ...(lab.etcd === undefined ? [] : ['  holdfast runbooks']),
      'Break it: holdfast lab break --help    Clean up: holdfast lab down',
    ].join('\n'),
  );
}

async function labStatus(options: LabOptions, io: Io): Promise<void> {
  const { labStatus } = await import('../../lab/labStatus.ts');
  const status = await labStatus(folder(options, io));
  const { paint } = io;
  print(io, options, status, () =>
    table(
      status.hosts.map(({ host, sshd, disk, link, processes }) => [
        sshd === 'up' ? paint.green('✓ sshd up') : paint.red('✗ sshd down'),
        paint.bold(host.name),
        `${host.address}:${host.port}`,
        disk.free === 0 ? paint.red('disk full') : `${bytes(disk.free)} of ${bytes(disk.size)} free`,
        link === undefined
          ? ''
          : link.cut
            ? paint.red('cut off')
            : link.delayMs > 0
              ? `slow: ${link.delayMs} ms`
              : '',
        processes.map(({ name, pid }) => `${name}(${pid})`).join(' ') || paint.dim('nothing runs'),
      ]),
    ),
  );
}
