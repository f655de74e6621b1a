import { Argument, type Command } from 'commander';
import { runbookJsonSchema } from '../../language/reference/json-schema.ts';
import { EXIT } from '../exit.ts';
import type { Io } from '../io.ts';
import { examples } from './options.ts';

export function define(command: Command, io: Io, answer: (exit: number) => void): void {
  command
    .description(
      'Prints the JSON Schema (draft 2020-12) of runbooks, or of their tests, which editors complete, explain and underline by.\nAn installed package has them as schema/runbook.json and schema/test.json.',
    )
    .addArgument(new Argument('[WHAT]', 'of which files').choices(['runbook', 'test']).default('runbook'));
  examples(command, [
    'holdfast schema > runbook.schema.json',
    'holdfast schema test > test.schema.json',
    "sed -i '1i # yaml-language-server: $schema=./runbook.schema.json' my.yaml",
  ]);
  command.action(async (what: 'runbook' | 'test') => {
    io.out(JSON.stringify(await schemaOf(what), undefined, 2));
    answer(EXIT.done);
  });
}

async function schemaOf(what: 'runbook' | 'test') {
  if (what === 'runbook') return runbookJsonSchema();
  const { testJsonSchema } = await import('../../runbook-tests/schema.ts');
  return testJsonSchema();
}
