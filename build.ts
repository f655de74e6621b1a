import { spawnSync } from 'node:child_process';
import { cp, glob, mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { makeBundle } from './worker/bundle/workflowBundle.ts';

/**
 * Makes `dist/`, which is what an installed package runs: Node refuses to strip types under node_modules. JavaScript of every
 * folder, the files beside it that are no TypeScript, and the workflow code as one bundle.
 */
const root = import.meta.dirname;
const dist = join(root, 'dist');
const FOLDERS =
  'activities,cli,inventory,lab,language,ledger,plan,runbook-tests,server,toolbox,worker,workflows';

await rm(dist, { recursive: true, force: true });
emit();
await copyOthers();
await writeFile(join(dist, 'workflow-bundle.js'), await makeBundle(new DefaultLogger('WARN')));

function emit(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

async function copyOthers(): Promise<void> {
  for await (const file of glob(`{${FOLDERS}}/**/*`, { cwd: root, withFileTypes: false })) {
    if (!/\.[a-z]+$/.test(file) || /\.(ts|md)$/.test(file)) continue;
    await mkdir(join(dist, dirname(file)), { recursive: true });
    await cp(join(root, file), join(dist, file));
  }
}
