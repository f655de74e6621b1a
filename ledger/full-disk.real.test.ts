import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** A small file system needs a mount namespace of its own; where those are off, a test on a full disk is not possible. */
const namespaces = spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'true']).status === 0;

test.skipIf(!namespaces)(
  'a full disk is said in words, loses nothing, and is over when there is space',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-full-'));
    try {
      const program = join(import.meta.dirname, 'full-disk.fixture.ts');
      const inside = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" "$3" "$1"';
      const done = spawnSync(
        'unshare',
        ['--user', '--map-root-user', '--mount', 'sh', '-c', inside, 'sh', folder, process.execPath, program],
        { encoding: 'utf8' },
      );
      expect(done.stderr).toBe('');
      const { refusedWhileFull, ...seen } = JSON.parse(done.stdout);
      expect(refusedWhileFull).toBeGreaterThan(0);
      expect(seen).toEqual({ codes: ['ledger/no-space'], refusedAfter: 0, lost: [], stored: 61 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
