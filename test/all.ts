import { spawnSync } from 'node:child_process';

/** What `npm test` runs, in order: what is quick and says most comes first. */
const stages: readonly (readonly [says: string, command: string, ...args: string[]])[] = [
  ['types', 'npx', 'tsc', '--noEmit'],
  ['formatting and lint', 'npx', 'biome', 'check', '--error-on-warnings', '.'],
  ['unused code', 'npx', 'knip'],
  ['unit tests', 'npx', 'vitest', 'run', '--project', 'unit'],
  ['every runbook of the library compiles', process.execPath, 'bin/holdfast', 'validate'],
  ['the library is in its usual form', process.execPath, 'bin/holdfast', 'fmt', '--check', 'runbooks'],
  ['the library’s own tests', process.execPath, 'bin/holdfast', 'test', 'runbooks', '--min-coverage', '95'],
  ['its tests notice what is changed', process.execPath, 'test/mutations.ts', '95'],
  ['tests on real parts', 'npx', 'vitest', 'run', '--project', 'real'],
];

const started = Date.now();
for (const [says, command, ...args] of stages) {
  const at = Date.now();
  console.log(`\n== ${says}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  const seconds = ((Date.now() - at) / 1000).toFixed(1);
  if (status !== 0) {
    console.error(`\n== ${says}: failed after ${seconds} s. Again: ${command} ${args.join(' ')}`);
    process.exit(1);
  }
  console.log(`== ${says}: passed in ${seconds} s`);
}
console.log(`\n== all passed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
