import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { LAST_RELEASE } from './last-release/bundle.ts';

/**
 * Keeps the workflow code as it stands now as the last release's: called when a release is made, and before the first one
 * wherever the golden histories are recorded anew. Small: minified, without its source map, compressed.
 */
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
  logger: new DefaultLogger('WARN'),
  webpackConfigHook: (config) => ({
    ...config,
    devtool: false,
    optimization: { minimize: true, moduleIds: 'deterministic' },
  }),
});
// A worker takes no code without a map.
const noMap = Buffer.from(JSON.stringify({ version: 3, sources: [], names: [], mappings: '' })).toString(
  'base64',
);
const whole = `${code}\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,${noMap}\n`;
const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
const packed = brotliCompressSync(whole, { params });
await mkdir(dirname(LAST_RELEASE), { recursive: true });
await writeFile(LAST_RELEASE, packed);
console.log(`${Math.round(whole.length / 1024)} KB, packed ${Math.round(packed.length / 1024)} KB`);
