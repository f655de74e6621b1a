import { expect, test } from 'vitest';
import { checksumIn } from './checksum.ts';

const A = 'a'.repeat(64);
const B = 'B'.repeat(64);

test('the line with exactly this name counts, in text and binary mode', () => {
  const text = `${A}  etcd-v3.4.23-linux-amd64.tar.gz.asc\n${B} *etcd-v3.4.23-linux-amd64.tar.gz\n`;
  expect(checksumIn(text, 'etcd-v3.4.23-linux-amd64.tar.gz')).toBe(B.toLowerCase());
});

test('a page instead of a checksum file lists nothing', () => {
  expect(checksumIn('<html>please log in</html>', 'file')).toBeUndefined();
  expect(checksumIn('abc  file', 'file')).toBeUndefined();
});
