import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { PRELUDE } from './prelude.ts';
import { sourcesDigest } from './sources.ts';

/** Beside `worker/` in an installed package, where `npm run build` has laid it. */
const PREBUILT = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
/** In a checkout. */
const ENTRY = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));

export type BundlePath = { readonly codePath: string };

/**
 * The workflow code as one file: the prebuilt one of an installed package; in a checkout one made of the sources and kept in
 * `folder` under their digest, so that only the first start after a change pays for it (seconds).
 */
export async function workflowBundle(folder: string, logger: Logger): Promise<BundlePath> {
  if (existsSync(PREBUILT)) return { codePath: PREBUILT };
  const codePath = join(folder, `workflows-${await sourcesDigest(ENTRY, PRELUDE)}.js`);
  if (existsSync(codePath)) return { codePath };
  await mkdir(folder, { recursive: true });
  const unfinished = `${codePath}.${randomBytes(4).toString('hex')}`;
  await writeFile(unfinished, await makeBundle(logger));
  await rename(unfinished, codePath);
  return { codePath };
}

/** Bundles the checkout's workflows. */
export async function makeBundle(logger: Logger): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath: ENTRY, logger });
  // On its first line: the source map speaks of lines.
  return PRELUDE + code;
}
