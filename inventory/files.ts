import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Complaints } from '../plan/complaints.ts';

/** Larger files are no inventories. Bytes. */
const LARGEST_FILE = 16_000_000;
/** Deeper folders than this hold no inventories. */
const DEEPEST = 10;
const IGNORED =
  /^\.|^(group_vars|host_vars|vars_plugins)$|~$|\.(orig|cfg|retry|pyc|pyo|swp|bak|rpm|md|txt|rst|pub)$/;

/** The files of an inventory: itself, or those in the folder that it is, in order of their names. */
export function inventoryFiles(path: string, complaints: Complaints): readonly string[] {
  if (existsSync(path)) return statSync(path).isDirectory() ? filesIn(path, 0) : [path];
  complaints.error(
    { file: path, line: 1, column: 1 },
    {
      code: 'inventory/not-found',
      message: `There is no inventory ${path}.`,
      mend: 'Name a file or folder that is there.',
    },
  );
  return [];
}

function filesIn(folder: string, depth: number): readonly string[] {
  if (depth > DEEPEST) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !IGNORED.test(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory() === true) return filesIn(path, depth + 1);
      return stat?.isFile() === true ? [path] : [];
    });
}

/** Whether a file is a program that says an inventory: it may be executed, and its ending does not say that it is one itself. */
export function isProgram(file: string): boolean {
  if (/\.(ya?ml|json|ini|cfg|toml)$/.test(file)) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The text of a file of an inventory. Undefined where it can't be read as one, which is complained of. */
export function readTextFile(file: string, complaints: Complaints): string | undefined {
  const at = { file, line: 1, column: 1 };
  try {
    const { size } = statSync(file);
    if (size > LARGEST_FILE) {
      complaints.error(at, {
        code: 'inventory/unreadable',
        message: `${file} has ${Math.ceil(size / 1_000_000)} MB, more than an inventory has.`,
        mend: `Name another file. An inventory may have ${LARGEST_FILE / 1_000_000} MB.`,
      });
      return undefined;
    }
    const text = readFileSync(file, 'utf8');
    if (!text.startsWith('#!') && !text.includes('\0')) return text;
    complaints.error(at, {
      code: 'inventory/program',
      message: `${basename(file)} is a program that may not be executed.`,
      mend: 'Where it says an inventory: chmod +x. Else name another file.',
    });
  } catch (thrown) {
    complaints.error(at, {
      code: 'inventory/unreadable',
      message: `${file} can't be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      mend: 'Let who runs this read it: chmod, chown.',
    });
  }
  return undefined;
}
