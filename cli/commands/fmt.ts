import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { format } from '../../language/format/format.ts';
import { EXIT, invalid } from '../exit.ts';
import type { Io } from '../io.ts';
import { complaintText } from '../view/complaint.ts';
import { counted } from '../view/text.ts';
import { examples } from './options.ts';

type Options = { readonly check?: true };

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Writes runbooks and fragments in their usual form: keys in the order of the reference, two blanks a level. Comments stay, and what a file says stays the same.\nExit 2 where a file can’t be read; with --check exit 1 where one would change.',
    )
    .argument('[PATH...]', 'files or folders; left out: ./runbooks')
    .option('--check', 'write nothing: name the files that would change');
  examples(command, [
    'holdfast fmt',
    'holdfast fmt our/runbooks/web.yaml',
    'holdfast fmt --check our/runbooks',
  ]);
  command.action((paths: readonly string[], options: Options) => answer(formatAll(paths, options, io)));
}

function formatAll(paths: readonly string[], { check }: Options, io: Io): number {
  const files = (paths.length === 0 ? ['runbooks'] : paths).flatMap(filesAt);
  let changed = 0;
  let broken = 0;
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const formatted = format(file, text);
    if (!formatted.ok) {
      broken += 1;
      for (const complaint of formatted.complaints) io.say(`${complaintText(io.talk, complaint, text)}\n`);
      continue;
    }
    if (formatted.text === text) continue;
    changed += 1;
    if (check !== true) writeFileSync(file, formatted.text);
    io.out(file);
  }
  const what = check === true ? 'would change' : 'changed';
  io.say(
    `${counted(files.length, 'file')}: ${changed} ${what}${broken === 0 ? '' : `, ${broken} can’t be read`}.`,
  );
  if (broken > 0) return EXIT.invalid;
  return check === true && changed > 0 ? EXIT.failed : EXIT.done;
}

/** A file as it is named; of a folder the runbooks and fragments in it, however deep. */
function filesAt(path: string): readonly string[] {
  if (!existsSync(path))
    throw invalid(
      'fmt/not-found',
      `There is no file or folder ${path}.`,
      'Name the runbooks or their folder.',
    );
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => join(path, file))
    .filter((file) =>
      /^(holdfast|steps|include|env|host_vars|secrets|test)[ \t]{0,9}:/m.test(readFileSync(file, 'utf8')),
    )
    .sort();
}
