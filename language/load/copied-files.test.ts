import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesAt } from './copied-files.ts';
import { folderLibrary } from './library.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-copied-'));
  mkdirSync(join(folder, 'tree/sub'), { recursive: true });
  writeFileSync(join(folder, 'tree/b'), 'b');
  writeFileSync(join(folder, 'tree/sub/a'), Buffer.from([0, 255, 10]));
  chmodSync(join(folder, 'tree/sub/a'), 0o755);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('what is copied', () => {
  it('is each file of a folder, in order, whatever bytes are in it', () => {
    const found = filesAt(join(folder, 'tree'));
    expect(found).toMatchObject({
      kind: 'folder',
      files: [
        { path: 'b', executable: false },
        { path: 'sub/a', executable: true },
      ],
    });
    expect(found?.files.map(({ read }) => read().bytes)).toEqual([1, 3]);
  });

  it('has no links in it, and is nothing outside of the library', () => {
    symlinkSync('/etc/passwd', join(folder, 'tree/link'));
    symlinkSync('/etc', join(folder, 'out'));
    expect(filesAt(join(folder, 'tree'))?.link).toBe('link');
    const library = folderLibrary([folder]);
    expect(library.files('x.yaml', 'tree')).toBeDefined();
    expect(library.files('x.yaml', 'out/passwd')).toBeUndefined();
    expect(library.files('x.yaml', '../../etc/passwd')).toBeUndefined();
    expect(library.files('x.yaml', '/etc/passwd')).toBeUndefined();
  });
});
