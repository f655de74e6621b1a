import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inventoryOf } from '../../lab/lab.ts';
import type { TestLab } from '../../lab/testLab.ts';

/** systemd can't run on a lab host: what stands in for it is found before the real one (`programs` of a lab). */
export const SYSTEMD = join(import.meta.dirname, '../../runbooks/lib/test/systemd');

/** What `openHouse` takes as `inventory`: every member of the lab is run by a unit, whose file lies in the host's home. */
export async function unitInventory({ lab }: TestLab): Promise<string> {
  const inventory = inventoryOf(lab);
  const text = await readFile(inventory, 'utf8');
  const unit = '$&\n$1etcd_unit: etcd.service\n$1etcd_unit_folder: $2/.systemd/system';
  await writeFile(inventory, text.replace(/^( *)holdfast_home: (.*)$/gm, unit));
  return inventory;
}
