import { expect, test } from 'vitest';
import { compileTexts, runbookOf } from '../../language/compile.fixture.ts';
import { scriptsOfStep } from './scripts.ts';

const SHELL = `#!/bin/sh
# Says whether it serves.
serves() {
  if ask "$1"; then
    echo yes
  fi
}

unused() { serves; }

ask() { curl -s "$1"; }
# a line that is no call: 'unused'
`;

function scripts(step: string, path = 'a') {
  const files = {
    'main.yaml': runbookOf(step, 'include: [lib.sh]\n'),
    'lib.sh': SHELL,
    'more.sh': 'ask() ( true )\n',
  };
  const result = compileTexts(files);
  if (!result.ok) throw new Error('It does not compile.');
  const { plan, blobs } = result.compiled;
  return scriptsOfStep(plan, path, (sha256) => blobs[sha256]);
}

test('a step has its scripts, with the functions that they call, and those that these call', () => {
  const found = scripts(`  - id: a
    on: etcd
    run: serves 127.0.0.1
    done: test -e x # unused
    rollback: rm x
`);
  expect(found?.map(({ of, text, functions }) => [of, text, ...functions.map(({ name }) => name)])).toEqual([
    ['run', 'serves 127.0.0.1', 'serves', 'ask'],
    ['done', 'test -e x'],
    ['rollback', 'rm x'],
  ]);
  expect(found?.[0]?.functions[0]).toEqual({
    name: 'serves',
    file: 'lib.sh',
    line: 3,
    text: '# Says whether it serves.\nserves() {\n  if ask "$1"; then\n    echo yes\n  fi\n}',
  });
  expect(found?.[0]?.functions[1]?.text).toBe('ask() { curl -s "$1"; }');
});

test('what has no script has none, and what is no step is not one', () => {
  const step = '  - { id: a, approve: { ask: "?" } }\n';
  expect(scripts(step)).toEqual([]);
  expect(scripts(step, 'b')).toBeUndefined();
});
