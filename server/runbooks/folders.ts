import type { RunbookLibrary } from './library.ts';

export function folderRunbooks(_folders: readonly string[]): RunbookLibrary {
  return {
    list: async () => [],
    detail: async () => undefined,
    compile: async () => ({ ok: false, complaints: [] }),
  };
}
