import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { testIo } from '../io.fixture.ts';
import { main } from '../main.ts';
import { onChange } from '../offline/tests.ts';

const RUNBOOK = `holdfast: 1
name: web/restart
on: web
steps:
  - id: go
    approve: { ask: Restart? }
  - { id: restart, run: systemctl restart web }
`;
const GOOD = `test: web/restart
cases:
  - name: somebody says so
    answers: { go: approve }
    expect: { ran: restart }
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  mkdirSync(join(folder, 'web'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.exitCode = 0;
});

async function call(tests: string, ...more: readonly string[]) {
  writeFileSync(join(folder, 'web', 'restart.yaml'), RUNBOOK);
  writeFileSync(join(folder, 'web', 'restart.test.yaml'), tests);
  const io = testIo({ env: { HOLDFAST_DATA: '/nowhere/holdfast' } });
  const exit = await main(['test', join(folder, 'web'), ...more], io);
  return { exit, data: io.data.join('\n'), talked: io.talked.join('\n') };
}

test('what passes exits 0, and says what is covered and what is not', async () => {
  const { exit, data, talked } = await call(GOOD);
  expect({ exit, talked }).toMatchObject({ exit: 0 });
  expect(data).toContain('web/restart  2/2    1/2       75 %');
  expect(data).toContain('web/restart.yaml:5  go: not approved');
  expect(talked).toContain('1 case: 1 passed');
});

test('a case that fails exits 1, and says where the test expects what', async () => {
  const { exit, data } = await call(GOOD.replace('ran: restart', 'status: held'));
  expect(exit).toBe(1);
  expect(data).toMatch(/✗ somebody says so/);
  expect(data).toMatch(/restart\.test\.yaml:5:23 {2}expected held, and it has succeeded/);
});

test('too little coverage exits 1', async () => {
  const { exit, talked } = await call(GOOD, '--min-coverage', '76');
  expect(exit).toBe(1);
  expect(talked).toContain('web/restart: 75 % covered, and 76 % are wanted.');
  expect((await call(GOOD, '--min-coverage', '75')).exit).toBe(0);
});

test('a file that is wrong exits 2, with the line and a mend', async () => {
  const { exit, data } = await call(GOOD.replace('ran: restart', 'ran: restert'));
  expect(exit).toBe(2);
  expect(data).toContain('error test/unknown-step  There is no step restert.');
  expect(data).toContain('5 │     expect: { ran: restert }');
  expect(data).toContain('Did you mean restart?');
});

test('no such tests, or no such case, exit 2', async () => {
  expect((await call(GOOD, 'web/nothing')).exit).toBe(2);
  const none = await call(GOOD, '-t', 'nobody');
  expect(none.exit).toBe(2);
  expect(none.talked).toContain('No case matches nobody.');
});

test('-t runs what matches, and says nothing of coverage', async () => {
  const two = `${GOOD}  - { name: nobody does, expect: { status: waiting } }\n`;
  const { exit, data } = await call(two, '-t', 'nobody', '-v');
  expect(exit).toBe(0);
  expect(data).toContain('✓ nobody does');
  expect(data).not.toContain('somebody');
  expect(data).not.toContain('covered');
});

test('-o json and --junit are for programs', async () => {
  const file = join(folder, 'junit.xml');
  const failing = GOOD.replace('ran: restart', 'said: "a < b & \\"c\\""');
  const { data } = await call(failing, '-o', 'json', '--junit', file);
  expect(JSON.parse(data)).toMatchObject({ cases: [{ name: 'somebody says so', result: 'failed' }] });
  const xml = readFileSync(file, 'utf8');
  expect(xml).toContain('tests="1" failures="1" errors="0"');
  expect(xml).toMatch(/<failure message="[^"<]*nothing said &quot;a &lt; b &amp; &quot;c&quot;&quot;/);
});

test('what belongs to no case is an error in JUnit too', async () => {
  const { exit, data } = await call('test: web/restart\ncases: none\n', '-o', 'junit');
  expect(exit).toBe(2);
  expect(data).toContain('tests="1" failures="0" errors="1"');
  expect(data).toContain('test/wrong-value');
});

test('a change of a runbook or a test is noticed, until it is enough', async () => {
  const stop = new AbortController();
  const seen = Promise.withResolvers<void>();
  const watching = onChange([folder], stop.signal, async () => seen.resolve());
  // The first change may come before the folder is watched.
  const changing = setInterval(() => writeFileSync(join(folder, 'web', 'a.yaml'), String(Math.random())), 50);
  try {
    await seen.promise;
  } finally {
    clearInterval(changing);
    stop.abort();
    await watching;
  }
});
