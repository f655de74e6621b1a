import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from './lsp.fixture.ts';

const root = join(import.meta.dirname, '../..');
let server: ChildProcess;
let client: Client;

beforeAll(async () => {
  const home = dirname(createRequire(import.meta.url).resolve('yaml-language-server/package.json'));
  server = spawn(process.execPath, [join(home, 'bin/yaml-language-server'), '--stdio'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  client = new Client(server);
  await client.start(root);
});

afterAll(() => {
  server.kill();
});

/** Opens the text (a | stands for the cursor), and answers with where it is. */
async function open(name: string, marked: string, of: 'runbook' | 'test' = 'runbook') {
  const schema = pathToFileURL(join(root, `schema/${of}.json`)).href;
  const whole = `# yaml-language-server: $schema=${schema}\n${marked}`;
  const at = whole.indexOf('|');
  const text = at < 0 ? whole : whole.slice(0, at) + whole.slice(at + 1);
  const before = whole.slice(0, Math.max(0, at)).split('\n');
  const uri = `file:///${name}.yaml`;
  const problems = await client.open(uri, text);
  return { uri, problems, position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}

describe('a YAML language server with the published schema', () => {
  it('has nothing to say of a runbook that is right', async () => {
    const { problems } = await open(
      'right',
      `holdfast: 1
name: right
inputs: { n: { type: int, default: 3, min: 1 }, m: hosts, l: "list<{ id: string }>" }
on: m
steps:
  - id: a
    serial: 1
    effect: read
    any: true
    run: echo n=1 >> "$OUTPUT"
    done: { run: "true", every: 1s }
    retry: { times: 3, backoff: 1.5 }
    outputs: { n: int, o: { id: string } }
  - copy: { from: a, to: b, mode: 0640 }
  - { set: { x: 1 }, choose: { y: true } }
  - approve: { ask: "Go on?", by: sre, count: 2 }
  - { use: other, with: [m] }
`,
    );
    expect(problems).toEqual([]);
  });

  it('underlines a misspelt key and a wrong value', async () => {
    const { problems } = await open(
      'wrong',
      `holdfast: 1
name: wrong
steps:
  - id: a
    on: etcd
    run: ls
    efect: read
  - id: b
    on: etcd
    run: ls
    timeout: 30
`,
    );
    expect(problems.map(({ line, message }) => [line, message])).toEqual([
      [7, expect.stringContaining('efect')],
      [11, expect.anything()],
    ]);
  });

  it('offers the keys of a step', async () => {
    const { uri, position } = await open(
      'keys',
      'holdfast: 1\nname: keys\nsteps:\n  - id: a\n    run: ls\n    |\n',
    );
    const offered = await client.completion(uri, position);
    expect(offered).toEqual(expect.arrayContaining(['effect', 'done', 'retry', 'on_failure', 'become']));
    expect(offered).not.toContain('ask');
  });

  it('offers the values of a key', async () => {
    const { uri, position } = await open(
      'values',
      'holdfast: 1\nname: values\nsteps:\n  - id: a\n    run: ls\n    effect: |\n',
    );
    expect(await client.completion(uri, position)).toEqual(
      expect.arrayContaining(['read', 'change', 'destroy']),
    );
  });

  it('says what a key is for', async () => {
    const { uri, position } = await open(
      'words',
      'holdfast: 1\nname: words\nsteps:\n  - id: a\n    run: ls\n    may_f|ail: true\n',
    );
    expect(await client.hover(uri, position)).toContain('a failure is expected');
  });
});

describe('a YAML language server with the published schema of tests', () => {
  it('underlines a misspelt key and an outcome that there is not, and nothing else', async () => {
    const { problems } = await open(
      'wrong.test',
      `test: right
mock: { a: { n: 1 }, b: [failed, succeeded] }
cases:
  - name: it ends well
    answers: { sure: { do: approve, by: ann } }
    crash: every_step
    expect: { ran: a, order: [a, b], times: { b: 2 } }
  - name: it does not
    expct: {}
    expect: { status: done }
`,
      'test',
    );
    expect(problems.map(({ line }) => line).sort((a, b) => a - b)).toEqual([9, 10]);
  });

  it('says what a key is for', async () => {
    const { uri, position } = await open(
      'words.test',
      'test: words\ncases:\n  - name: a\n    expect: { never_r|an: b }\n',
      'test',
    );
    expect(await client.hover(uri, position)).toContain('did not happen');
  });
});
