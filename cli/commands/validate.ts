import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { folderLibrary, type Library } from '../../language/load/library.ts';
import { checkScripts } from '../../language/shell/check-scripts.ts';
import { type Examined, examine } from '../../language/validate.ts';
import { byPlace, type Complaint } from '../../plan/complaints.ts';
import { cacheFolder } from '../../toolbox/cacheFolder.ts';
import { dataFolder } from '../client/connection.ts';
import { EXIT } from '../exit.ts';
import { runbookFolders } from '../files.ts';
import type { Io } from '../io.ts';
import { complaintText } from '../view/complaint.ts';
import { counted } from '../view/text.ts';
import { examples, path } from './options.ts';

type Options = {
  readonly format: 'text' | 'json' | 'sarif';
  readonly data?: string;
  readonly runbooks?: readonly string[];
  readonly inventory?: readonly string[];
  readonly shell: boolean;
};

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Checks runbooks and all that they use: keys, types, names, expressions, and whether shells can read the scripts (sh -n, and shellcheck where it is installed). Needs no server and no host.\nExit 2 where there is an error.',
    )
    .argument(
      '[PATH...]',
      'files, folders or names; left out: the runbooks here and those that come with Holdfast',
    )
    .option('--runbooks <DIR>', 'a folder that names are looked up in too; once for each', path)
    .option(
      '--inventory <FILE>',
      'an inventory to be checked too, or alone where no PATH is named; once for each',
      path,
    )
    .option('--no-shell', 'ask no shell')
    .addOption(new Option('--data <DIR>', 'the data folder whose runbooks are meant too (or HOLDFAST_DATA)'))
    .addOption(
      new Option('-o, --format <FORMAT>', 'text to read, json, or sarif for code hosts')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    );
  examples(command, [
    'holdfast validate',
    'holdfast validate our/runbooks',
    'holdfast validate etcd/rebuild my.yaml -o json',
    'holdfast validate --inventory hosts.yaml',
    'holdfast validate -o sarif > holdfast.sarif',
  ]);
  command.action(async (paths: readonly string[], options: Options) =>
    answer(await check(paths, options, io)),
  );
}

async function check(paths: readonly string[], options: Options, io: Io): Promise<number> {
  const shipped = runbookFolders(options, dataFolder(options, io.env));
  const folders = paths.filter((one) => existsSync(one) && statSync(one).isDirectory());
  const library = folderLibrary([...folders, ...shipped], { outside: 'allowed' });
  const named = paths.filter((one) => !folders.includes(one));
  const inventories = options.inventory ?? [];
  const all = paths.length === 0 && inventories.length === 0;
  const names = all ? library.names() : [...folderLibrary(folders).names(), ...named];
  const complaints = [
    ...(await inventoryComplaints(inventories)),
    ...(await complaintsOf(examine(library, names), options.shell, io)),
  ];
  const errors = complaints.filter(({ severity }) => severity === 'error').length;
  await print(complaints, options.format, library, io);
  const files = counted(names.length + inventories.length, 'file');
  const { talk } = io;
  if (complaints.length === 0) io.say(`${talk.green('✓')} ${files}: nothing to complain of.`);
  else
    io.say(
      `${errors === 0 ? talk.yellow('!') : talk.red('✗')} ${files}: ${counted(errors, 'error')}, ${counted(complaints.length - errors, 'warning')}.`,
    );
  return errors > 0 ? EXIT.invalid : EXIT.done;
}

/** Errors and warnings of each by itself, as it is read; of the ssh config nothing: that is this machine's, not the inventory's. */
async function inventoryComplaints(files: readonly string[]): Promise<readonly Complaint[]> {
  const complaints: Complaint[] = [];
  if (files.length === 0) return complaints;
  const { loadInventory } = await import('../../inventory/load.ts');
  for (const file of files) {
    const loaded = await loadInventory([file]);
    complaints.push(...(loaded.ok ? loaded.inventory.origin.warnings : loaded.complaints));
  }
  return complaints;
}

async function complaintsOf(
  { complaints, scripts }: Examined,
  shell: boolean,
  io: Io,
): Promise<readonly Complaint[]> {
  if (!shell) return complaints;
  const cache = join(cacheFolder(io.env), 'shell.json');
  const said = await checkScripts(scripts, { shellcheck: 'shellcheck', cache });
  return [...complaints, ...said].sort(byPlace);
}

async function print(
  complaints: readonly Complaint[],
  format: Options['format'],
  library: Library,
  io: Io,
): Promise<void> {
  switch (format) {
    case 'json':
      return io.out(JSON.stringify(complaints, undefined, 2));
    case 'sarif': {
      const { sarifLog } = await import('../view/sarif.ts');
      const here = complaints.map((complaint) => ({
        ...complaint,
        file: relative(process.cwd(), library.path?.(complaint.file) ?? complaint.file),
      }));
      return io.out(JSON.stringify(sarifLog(here), undefined, 2));
    }
    case 'text':
      for (const complaint of complaints)
        io.out(`${complaintText(io.paint, complaint, sourceOf(library, complaint))}\n`);
  }
}

/** The text that a complaint is about; an inventory's is shown by its place alone: its variables may be passwords. */
function sourceOf(library: Library, { code, file }: Complaint): string | undefined {
  return code.startsWith('inventory/') ? undefined : library.read(file);
}
