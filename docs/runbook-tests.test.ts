import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { textLibrary } from '../language/load/library.ts';
import { runTests } from '../runbook-tests/run.ts';

const page = readFileSync(fileURLToPath(new URL('runbook-tests.md', import.meta.url)), 'utf8');
const blocks = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
const runbook = blocks.find((text) => text.startsWith('holdfast: 1')) ?? '';
const tests = blocks.find((text) => text.startsWith('test: ')) ?? '';

test('the first test of the page passes, and covers its runbook', async () => {
  const library = textLibrary({ 'web/restart.yaml': runbook });
  const files = [{ file: 'web/restart.test.yaml', text: tests }];
  const { cases, complaints, coverage } = await runTests({ library, files, now: () => 0 });
  expect(complaints).toEqual([]);
  expect(cases.map(({ name, failures }) => [name, failures])).toEqual(cases.map(({ name }) => [name, []]));
  expect(cases).toHaveLength(6);
  expect(coverage).toMatchObject([{ percent: 100 }]);
  const crashes = cases.reduce((sum, one) => sum + one.crashes, 0);
  expect(page).toContain(`✓ web/restart  6 cases, ${crashes} crashes`);
});

test('without the gate, its when, or the order of restarts the page’s tests fail', async () => {
  for (const change of [
    (text: string) => text.replace('    when: size(grown) > 0\n', ''),
    (text: string) => text.replace('    serial: 1\n', ''),
    (text: string) =>
      text.replace('retry: { times: 2', 'retry: { times: 0').replace('times: 0', 'times: 1, when: rc == 1'),
  ]) {
    const changed = change(runbook);
    expect(changed).not.toBe(runbook);
    const library = textLibrary({ 'web/restart.yaml': changed });
    const files = [{ file: 'web/restart.test.yaml', text: tests }];
    const { cases } = await runTests({ library, files, now: () => 0 });
    expect(cases.some(({ result }) => result === 'failed')).toBe(true);
  }
});
