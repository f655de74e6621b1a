import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

export const LAST_RELEASE = fileURLToPath(new URL('workflow-bundle.js.br', import.meta.url));

/** The workflow code of the last release, as a worker loads it. */
export async function lastRelease(): Promise<string> {
  return brotliDecompressSync(await readFile(LAST_RELEASE)).toString();
}
