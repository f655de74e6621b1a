import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { fakeServer, json } from './client/fakeServer.fixture.ts';
import { testIo } from './io.fixture.ts';
import { main } from './main.ts';

afterEach(() => {
  process.exitCode = 0;
});

async function call(...argv: readonly string[]) {
  const io = testIo({ env: { HOLDFAST_DATA: '/nowhere/holdfast' } });
  const exit = await main(argv, io);
  return { exit, data: io.data.join('\n'), talked: io.talked.join('\n') };
}

const NAMES = CATALOGUE.flatMap(({ commands }) => commands.map(({ name }) => name));

test('--help names every command and answers 0', async () => {
  const { exit, data } = await call('--help');
  expect(exit).toBe(0);
  for (const name of NAMES) expect(data).toMatch(new RegExp(`^  ${name} `, 'm'));
});

test.each(NAMES)('the help of %s has an example that can be typed', async (name) => {
  const { exit, data } = await call(name, '--help');
  expect(exit).toBe(0);
  expect(data).toContain(`$ holdfast ${name}`);
});

test('nothing typed shows what there is and answers 2', async () => {
  const { exit, talked } = await call();
  expect(exit).toBe(2);
  expect(talked).toContain('Usage: holdfast');
});

test('a command that is misspelt is invalid input with a suggestion', async () => {
  const { exit, talked } = await call('aprove', '@last');
  expect(exit).toBe(2);
  expect(talked).toContain('approve');
});

test('an unknown option is invalid input, and where the options stand is said', async () => {
  const { exit, talked } = await call('runs', '--wrong');
  expect(exit).toBe(2);
  expect(talked).toMatch(/unknown option '--wrong'\nnext: {2}holdfast help runs$/);
});

test('a command for a run that names none says how one is named', async () => {
  const { exit, talked } = await call('approve', '-m', 'fine');
  expect(exit).toBe(2);
  expect(talked).toContain('@last for the newest (holdfast runs), as holdfast help approve shows');
});

test('an input without a value is invalid input', async () => {
  const { exit, talked } = await call('run', 'etcd/triage', '-i', 'cluster');
  expect(exit).toBe(2);
  expect(talked).toContain('key=value');
});

test('run without a terminal and without --yes starts nothing; wrong inputs are said before that', async () => {
  let right = false;
  await using server = await fakeServer((_, response) =>
    right
      ? json(response, 200, { digest: 'd'.repeat(64) })
      : json(response, 422, {
          status: 422,
          code: 'plan/complaints',
          detail: 'no input',
          mend: 'Give members.',
        }),
  );
  const where = { HOLDFAST_SERVER: server.url, HOLDFAST_TOKEN: 't' };
  const io = testIo({ env: { HOLDFAST_DATA: '/nowhere/holdfast', ...where } });
  expect(await main(['run', 'etcd/triage'], io)).toBe(2);
  expect(io.talked.join()).toContain('no input');
  expect(io.talked.join()).not.toContain('terminal');
  right = true;
  expect(await main(['run', 'etcd/triage'], io)).toBe(2);
  expect(io.talked.join()).toContain(`holdfast run --plan ${'d'.repeat(64)} --yes`);
  expect(server.asked.some(({ url }) => url === '/api/runs')).toBe(false);
});

test('without a server the next command is named', async () => {
  const { exit, talked } = await call('runs');
  expect(exit).toBe(4);
  expect(talked).toContain('holdfast up');
});

test.each(['skip', 'resolve'])('%s without a reason is refused before anything is asked', async (name) => {
  const { exit, talked } = await call(name, 'r-20261123-h3k2x7');
  expect(exit).toBe(2);
  expect(talked).toContain('-m "why"');
});

test('an inventory is checked without a server, as text and as SARIF, and its lines are not shown', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'validate-'));
  try {
    const file = join(folder, 'h.ini');
    writeFileSync(file, 'etcd01 ansible_port=99999 ansible_password=hunter2\n');
    const { exit, data, talked } = await call('validate', '--inventory', file);
    expect(exit).toBe(2);
    expect(data).toContain(`${file}:1:1  error inventory/port  99999 is no port (of etcd01).`);
    expect(data).toContain('inventory/password');
    expect(data).not.toContain('hunter2');
    expect(talked).toContain('1 file: 1 error, 1 warning.');
    const sarif = await call('validate', '--inventory', file, '-o', 'sarif');
    const { results } = JSON.parse(sarif.data).runs[0];
    expect(results.map(({ ruleId }: { ruleId: string }) => ruleId)).toContain('inventory/port');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
