import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { book } from '../complaints/entry.ts';
import { textLibrary } from '../load/library.ts';
import { examine } from '../validate.ts';
import { checkScripts, type ShellTools } from './check-scripts.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-shell-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function said(
  files: { readonly [file: string]: string },
  tools: ShellTools = {},
): Promise<readonly string[]> {
  const { scripts, complaints } = examine(textLibrary(files), ['main']);
  expect(complaints.filter(({ severity }) => severity === 'error')).toEqual([]);
  const found = await checkScripts(scripts, tools);
  return found.map(
    ({ file, line, column, severity, code }) => `${file}:${line}:${column} ${severity} ${code}`,
  );
}

const BROKEN = book(`  - id: a
    on: etcd
    run: |
      if true; then
        ls
  - id: b
    on: etcd
    run: echo "$(ls
    done: "true )"
`);

/** Stands for shellcheck: complains of the second line of every text that has an unquoted $x in it. */
const STAND_IN = `#!/bin/sh
printf '{"comments":['
sep=
for f; do
  [ -f "$f" ] && grep -q 'rm [$]x' "$f" || continue
  printf '%s{"file":"%s","line":2,"column":4,"level":"warning","code":2086,"message":"Double quote."}' "$sep" "$f"
  sep=,
done
printf ']}'
echo run >> "$COUNT"
`;

function standIn(): string {
  const path = join(folder, 'shellcheck');
  writeFileSync(path, STAND_IN.replace('$COUNT', join(folder, 'count')));
  chmodSync(path, 0o755);
  return path;
}

describe('scripts that no shell can read', () => {
  it('are complained of at their place in the runbook, all at once', async () => {
    const found = await said({ 'main.yaml': BROKEN });
    expect(found.map((line) => line.split(' ').slice(1).join(' '))).toEqual(
      Array(3).fill('error shell/syntax'),
    );
    expect(found.map((line) => Number(line.split(':')[1]))).toEqual([8, 11, 12]);
  });

  it('are found in included files, at the line there, once', async () => {
    const files = {
      'main.yaml': book(
        '  - { id: a, on: etcd, run: one }\n  - { id: b, use: other }\n',
        'include: [lib.sh]\n',
      ),
      'other.yaml': 'holdfast: 1\nname: other\ninclude: [lib.sh]\nsteps: [{ id: x, on: etcd, run: one }]\n',
      'lib.sh': 'one() {\n  ls\n}\n\n}\n',
    };
    expect(await said(files)).toEqual(['lib.sh:5:1 error shell/syntax']);
  });

  it('of a shell that is not here or not known are left alone', async () => {
    const text = book(
      '  - { id: a, on: etcd, shell: no-such-shell, run: "if" }\n  - { id: b, on: etcd, shell: mksh, run: ls }\n',
    );
    expect(await said({ 'main.yaml': text })).toEqual([]);
  });
});

describe('shellcheck, where it is there', () => {
  const LINT = book('  - id: a\n    on: etcd\n    run: |\n      x="a b"\n      rm $x\n');

  it('is asked for all scripts at once, and what it says stands at the script', async () => {
    expect(await said({ 'main.yaml': LINT }, { shellcheck: standIn() })).toEqual([
      'main.yaml:8:10 warning shell/lint',
    ]);
  });

  it('is not asked again of a text that it was asked of', async () => {
    const tools = { shellcheck: standIn(), cache: join(folder, 'cache/shell.json') };
    const first = await said({ 'main.yaml': LINT }, tools);
    expect(await said({ 'main.yaml': LINT }, tools)).toEqual(first);
    expect(readFileSync(join(folder, 'count'), 'utf8')).toBe('run\n');
  });

  it('is asked of a text that was looked at before it was installed', async () => {
    const tools = { shellcheck: join(folder, 'shellcheck'), cache: join(folder, 'cache/shell.json') };
    expect(await said({ 'main.yaml': LINT }, tools)).toEqual([]);
    standIn();
    expect(await said({ 'main.yaml': LINT }, tools)).toHaveLength(1);
  });

  it('is not missed where it is not', async () => {
    expect(await said({ 'main.yaml': LINT }, { shellcheck: join(folder, 'nothing') })).toEqual([]);
  });
});
