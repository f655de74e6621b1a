// Runs a TypeScript entry of this checkout from a bare clone: installs the dependencies where they are not, finds
// Node 24, and hands over. Plain JavaScript for any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [entry, ...args] = process.argv.slice(2);

install();
const result = spawnSync(node24(), [join(root, entry), ...args], { stdio: 'inherit', cwd: root });
process.exit(result.status ?? 1);

/** `npm ci`, unless it was done for this very lock file. */
function install() {
  const stamp = join(root, 'node_modules', '.installed-for');
  const lock = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('Installing dependencies (npm ci) …');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: 'inherit', cwd: root });
  if (done.status !== 0) {
    console.error('npm ci failed (see above). Next: check that the npm registry can be reached, then run this again.');
    process.exit(2);
  }
  writeFileSync(stamp, lock);
}

function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const other = join(root, 'node_modules', `node-bin-${process.platform}-${process.arch}`, 'bin', 'node');
  for (const node of [packaged, other]) if (existsSync(node)) return node;
  console.error(`Holdfast needs Node 24; this is ${process.version} and npm has none for ${process.platform}-${process.arch}. Next: install Node 24.`);
  process.exit(2);
}
