import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { scriptsPage } from './planScripts.ts';

const look = { paint: picocolors.createColors(false), columns: 100 };

test('scripts stand as they are, and under each the functions that it calls, with their places', () => {
  const stop = { name: 'stop', file: 'etcd/lib.sh', line: 7, text: 'stop() {\n  kill "$1"\n}' };
  const run = { of: 'run', shell: 'sh -eu', text: 'stop 1\n', functions: [stop] };
  const done = { of: 'done', shell: 'sh -eu', text: 'test -e x', functions: [] };
  expect(scriptsPage([run, done], 'freeze', look)).toBe(
    'freeze  run  sh -eu\n\n  stop 1\n\n  etcd/lib.sh:7\n  stop() {\n    kill "$1"\n  }\n\nfreeze  done  sh -eu\n\n  test -e x',
  );
  expect(scriptsPage([], 'sure', look)).toBe('sure  has no script');
});
