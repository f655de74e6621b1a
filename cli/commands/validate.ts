import { existsSync, statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { folderLibrary } from '../../language/load/library.ts';
import { validate } from '../../language/validate.ts';
import { dataFolder } from '../client/connection.ts';
import { EXIT } from '../exit.ts';
import { runbookFolders } from '../files.ts';
import type { Io } from '../io.ts';
import { complaintText } from '../view/complaint.ts';
import { counted } from '../view/text.ts';
import { examples, type OutputOptions, outputOption, path } from './options.ts';

type Options = OutputOptions & { readonly data?: string; readonly runbooks?: readonly string[] };

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Checks runbooks and all that they use: keys, types, names, expressions. Needs no server and no host.\nExit 2 where there is an error.',
    )
    .argument(
      '[PATH...]',
      'files, folders or names; left out: the runbooks here and those that come with Holdfast',
    )
    .option('--runbooks <DIR>', 'a folder that names are looked up in too; once for each', path)
    .addOption(new Option('--data <DIR>', 'the data folder whose runbooks are meant too (or HOLDFAST_DATA)'));
  outputOption(command);
  examples(command, [
    'holdfast validate',
    'holdfast validate our/runbooks',
    'holdfast validate etcd/rebuild my.yaml -o json',
  ]);
  command.action((paths: readonly string[], options: Options) => answer(check(paths, options, io)));
}

function check(paths: readonly string[], options: Options, io: Io): number {
  const shipped = runbookFolders(options, dataFolder(options, io.env));
  const folders = paths.filter((one) => existsSync(one) && statSync(one).isDirectory());
  const library = folderLibrary([...folders, ...shipped], { outside: 'allowed' });
  const named = paths.filter((one) => !folders.includes(one));
  const names = paths.length === 0 ? library.names() : [...folderLibrary(folders).names(), ...named];
  const complaints = validate(library, names);
  const errors = complaints.filter(({ severity }) => severity === 'error').length;
  if (options.format === 'json') io.out(JSON.stringify(complaints, undefined, 2));
  for (const complaint of options.format === 'json' ? [] : complaints) {
    io.out(`${complaintText(io.paint, complaint, library.read(complaint.file))}\n`);
  }
  const files = counted(names.length, 'file');
  const { talk } = io;
  if (complaints.length === 0) io.say(`${talk.green('✓')} ${files}: nothing to complain of.`);
  else
    io.say(
      `${errors === 0 ? talk.yellow('!') : talk.red('✗')} ${files}: ${counted(errors, 'error')}, ${counted(complaints.length - errors, 'warning')}.`,
    );
  return errors > 0 ? EXIT.invalid : EXIT.done;
}
