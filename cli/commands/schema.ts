import type { Command } from 'commander';
import { runbookJsonSchema } from '../../language/reference/json-schema.ts';
import { EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { examples } from './options.ts';

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command.description(
    'Prints the JSON Schema (draft 2020-12) of runbooks, which editors complete, explain and underline by.\nAn installed package has it as schema/runbook.json.',
  );
  examples(command, [
    'holdfast schema > runbook.schema.json',
    "sed -i '1i # yaml-language-server: $schema=./runbook.schema.json' my.yaml",
  ]);
  command.action(() => {
    io.out(JSON.stringify(runbookJsonSchema(), undefined, 2));
    answer(EXIT.done);
  });
}
