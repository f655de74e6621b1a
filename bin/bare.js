// Runs a TypeScript entry of this checkout from a bare clone: installs the dependencies where they are not, finds
// Node 24, and hands over. Plain JavaScript for any Node from 20 on.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [entry, ...args] = process.argv.slice(2);

install();
const result = spawnSync(node24(), [join(root, entry), ...args], { stdio: 'inherit', cwd: root });
if (result.error)
  console.error(`${entry} could not be started: ${result.error.message}. Next: run the same command again.`);
process.exit(result.status ?? 1);

/** `npm ci`, unless npm has installed for this lock file already: it notes what it did in a file of its own. */
function install() {
  const done = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('Installing dependencies (npm ci) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status === 0) return;
  console.error(
    'npm ci failed (see above). Next: check that the npm registry can be reached, then run this again.',
  );
  process.exit(2);
}

function node24() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const packaged = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const other = join(root, 'node_modules', `node-bin-${process.platform}-${process.arch}`, 'bin', 'node');
  for (const node of [packaged, other]) if (existsSync(node)) return node;
  console.error(
    `Holdfast needs Node 24; this is ${process.version} and npm has none for ${process.platform}-${process.arch}. Next: install Node 24.`,
  );
  process.exit(2);
}
