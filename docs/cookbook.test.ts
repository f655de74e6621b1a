import { describe, expect, test } from 'vitest';
import { textLibrary } from '../language/load/library.ts';
import { printComplaint } from '../plan/complaints.ts';
import { runTests } from '../runbook-tests/run.ts';
import { blocksOf, filesOf, readPage } from './page.fixture.ts';

const PAGES = ['cookbook.md', 'from-ansible.md', 'from-rundeck.md', 'from-a-wiki-page.md', 'tutorial.md'];

describe.each(PAGES)('%s', (name) => {
  const page = readPage(name);
  const tests = Object.entries(filesOf(page)).filter(([file]) => file.endsWith('.test.yaml'));

  test.each(tests)('%s passes', async (file, text) => {
    const files = [{ file, text }];
    const { cases, complaints } = await runTests({
      library: textLibrary(filesOf(page)),
      files,
      now: () => 0,
    });
    expect(complaints.map(printComplaint)).toEqual([]);
    expect(cases.flatMap(({ name, failures }) => failures.map((failure) => [name, failure]))).toEqual([]);
    expect(cases.length).toBeGreaterThan(0);
  });

  test('each of its links leads to a file, or to a heading of the page', () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor = ''] of page.matchAll(/\]\(#([\w-]+)\)/g)) expect(headings).toContain(anchor);
  });
});

test('every recipe is a runbook', () => {
  const recipes = readPage('cookbook.md').split(/^## /m).slice(1);
  expect(recipes.length).toBeGreaterThan(15);
  for (const recipe of recipes)
    expect(
      blocksOf(recipe).some(({ text }) => text.startsWith('holdfast: 1\n')),
      recipe,
    ).toBe(true);
});
