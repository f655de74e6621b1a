import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folderLibrary, type Library, textLibrary } from '../language/load/library.ts';
import { validate } from '../language/validate.ts';
import { printComplaint } from '../plan/complaints.ts';
import { filesOf } from './page.fixture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const shipped = folderLibrary([`${root}/runbooks`]);
const pages = ['README.md', ...readdirSync(`${root}/docs`).map((file) => `docs/${file}`)].filter((file) =>
  file.endsWith('.md'),
);
const runbooks = pages.flatMap((page) =>
  [...readFileSync(`${root}/${page}`, 'utf8').matchAll(/^```yaml\n(holdfast: 1\n.*?)^```$/gms)].map(
    ([, text = '']) => ({ page, text, name: /^name: (.*)$/m.exec(text)?.[1] ?? 'unnamed' }),
  ),
);

/** The page's runbook and its other files, before those that come with Holdfast: it may use them. */
function libraryOf({ page, name, text }: (typeof runbooks)[number]): Library {
  const beside = filesOf(readFileSync(`${root}/${page}`, 'utf8'));
  const own = textLibrary({ ...beside, [`${name}.yaml`]: text });
  return {
    names: () => [...own.names(), ...shipped.names()],
    locate: (wanted) => own.locate(wanted) ?? shipped.locate(wanted),
    resolve: (from, include) => own.resolve(from, include) ?? shipped.resolve(from, include),
    read: (file) => own.read(file) ?? shipped.read(file),
    files: (from, named) => own.files(from, named) ?? shipped.files(from, named),
  };
}

test('the manual shows whole runbooks', () => {
  expect(runbooks.length).toBeGreaterThan(1);
});

test.each(runbooks)('$name of $page is a runbook that nothing is wrong with', (runbook) => {
  expect(validate(libraryOf(runbook), [runbook.name]).map(printComplaint)).toEqual([]);
});
