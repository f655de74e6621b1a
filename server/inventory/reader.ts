import type { Inventory } from '../../inventory/inventory.ts';
import { loadInventory } from '../../inventory/load.ts';
import { machineSshConfig } from '../../inventory/ssh-config/read.ts';
import { RequestError } from '../problem/requestError.ts';

/** Reads the files anew each time: what they say now is what is planned. Throws `inventory/complaints` (422). */
export function inventoryReader(files: readonly string[]): () => Promise<Inventory> {
  return async () => {
    const loaded = await loadInventory(files, { sshConfig: machineSshConfig() });
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
