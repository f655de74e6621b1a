import { readFileSync, statSync } from 'node:fs';

/**
 * Reads small files once for a thousand connections, and again when one has changed. A file that cannot be read
 * is the error itself, for the caller to tell missing from forbidden.
 */
export class FileCache<T> {
  readonly #parse: (text: string, path: string) => T;
  readonly #read = new Map<string, { readonly stamp: string; readonly value: T }>();

  constructor(parse: (text: string, path: string) => T) {
    this.#parse = parse;
  }

  get(
    path: string,
  ): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: string } {
    try {
      const { mtimeMs, size, ino } = statSync(path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      const known = this.#read.get(path);
      if (known?.stamp === stamp) return { ok: true, value: known.value };
      const value = this.#parse(readFileSync(path, 'utf8'), path);
      this.#read.set(path, { stamp, value });
      return { ok: true, value };
    } catch (error) {
      return { ok: false, code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
    }
  }
}
