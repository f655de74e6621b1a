import { complaintPages } from './complaint-pages.ts';
import { runbookJsonSchema } from './json-schema.ts';
import { languagePage } from './language-page.ts';

/** Every file that is made of the language's forms and codes, by its path in the repository. */
export function madeFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['schema/runbook.json', `${JSON.stringify(runbookJsonSchema(), undefined, 2)}\n`],
    ['docs/reference/language.md', languagePage()],
    ...[...complaintPages()].map(([path, text]): [string, string] => [`docs/${path}`, text]),
  ]);
}
