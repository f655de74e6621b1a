import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What a file for its owner alone holds; where there is none, or nothing in it, it is drawn and written there (mode 0600). */
export async function kept(file: string, drawn: () => string): Promise<string> {
  const there = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (there.trim() !== '') {
    await chmod(file, 0o600);
    return there.trim();
  }
  const made = drawn();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${made}\n`, { mode: 0o600, flush: true });
  await chmod(file, 0o600);
  return made;
}
