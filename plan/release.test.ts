import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { RELEASE } from './release.ts';

test('the release is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(RELEASE).toBe(version);
});
