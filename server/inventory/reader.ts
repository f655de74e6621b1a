import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Inventory } from '../../inventory/inventory.ts';
import { loadInventory } from '../../inventory/load.ts';
import { RequestError } from '../problem/requestError.ts';

/** Reads the files anew each time: what they say now is what is planned. Throws `inventory/complaints` (422). */
export function inventoryReader(files: readonly string[]): () => Promise<Inventory> {
  return async () => {
    const sshConfig = await readFile(join(homedir(), '.ssh', 'config'), 'utf8').catch(() => undefined);
    const loaded = loadInventory(files, sshConfig === undefined ? {} : { sshConfig });
    if (loaded.ok) return loaded.inventory;
    const [first] = loaded.complaints;
    const others = loaded.complaints.length - 1;
    throw new RequestError(
      422,
      'inventory/complaints',
      `The inventory can't be read: ${first?.message ?? 'it has complaints'}${others > 0 ? ` (and ${others} more)` : ''}`,
      first?.mend ?? 'Mend what the complaints name.',
      loaded.complaints,
    );
  };
}
