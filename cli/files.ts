import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where inventories and runbooks are looked for where nobody names them. */

/**
 * The inventory files: those named, else the first there is of `./inventory.yaml` (or `./inventory`), the data folder's,
 * and the lab's there.
 */
export function inventoryFiles(
  named: { readonly inventory?: readonly string[] },
  dataDir: string,
  folder = process.cwd(),
): readonly string[] {
  if (named.inventory !== undefined) return named.inventory.map((file) => resolve(folder, file));
  const candidates = [
    join(folder, 'inventory.yaml'),
    join(folder, 'inventory.yml'),
    join(folder, 'inventory.ini'),
    join(dataDir, 'inventory.yaml'),
    join(dataDir, 'lab', 'inventory.yaml'),
  ];
  const found = candidates.find((file) => existsSync(file));
  return found === undefined ? [] : [found];
}

/** Folders of runbooks, those that win first: named ones, `./runbooks`, the data folder's, those that come with Holdfast. */
export function runbookFolders(
  named: { readonly runbooks?: readonly string[] },
  dataDir: string,
  folder = process.cwd(),
): readonly string[] {
  // Also where there is none yet: folders are read when they are needed, and one made later counts from then on.
  const own = [join(folder, 'runbooks'), join(dataDir, 'runbooks')];
  const all = [...(named.runbooks ?? []).map((one) => resolve(folder, one)), ...own, shippedRunbooks()];
  return [...new Set(all)];
}

/** Beside the sources in a checkout; beside `dist` in an installed package. */
export function shippedRunbooks(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, '..', 'runbooks'), join(here, '..', '..', 'runbooks')];
  return candidates.find((one) => existsSync(one)) ?? join(here, '..', 'runbooks');
}
