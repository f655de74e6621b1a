import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../complaints/catalogue.ts';
import { folderLibrary } from '../load/library.ts';

/** What is mutated: the library, and both examples of every complaint. */
export function corpus(): readonly string[] {
  const library = folderLibrary([join(import.meta.dirname, '../../runbooks')]);
  const files = library.names().map((name) => library.read(library.locate(name) ?? '') ?? '');
  const every = readFileSync(join(import.meta.dirname, 'every-kind.yaml'), 'utf8');
  const examples = [...CATALOGUE.values()].flatMap(({ bad, good }) =>
    [bad, good].map((example) =>
      typeof example === 'string' ? example : (example.files['main.yaml'] ?? ''),
    ),
  );
  return [every, ...files, ...examples];
}
