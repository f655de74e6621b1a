import { describe, expect, test } from 'vitest';
import { fingerprint, judge, knownHostsName, parseKnownHosts, parsePinnedKey } from './knownHosts.ts';

const keyA = 'AAAAC3NzaC1lZDI1NTE5AAAAIEFQ+RQdk0gVUCtODmx+IgSrej3o2zzoRJYQZSRTrwCG';
const keyB = 'AAAAC3NzaC1lZDI1NTE5AAAAIJSHJumXr/ZEKHdBEPoDrLf8u/c5uJhxhY+nJjvazAty';
const ecdsa =
  'AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFoh8PGQQK9WNyh+WzBqu/DIjWHykeijAB30uLsQdP6qAtNS0njdGUKNuzI9oGj9gi2FNjJDUXrIhLXvpBFhJKg=';

/** What a file with these lines says of a key that a host of this name shows. */
function verdict(lines: readonly string[], host: string, port = 22, key = keyA): string {
  const known = parseKnownHosts(lines.join('\n'), 'known_hosts');
  return judge(known.linesFor(knownHostsName(host, port)), 'ssh-ed25519', key).is;
}

describe('a key is known', () => {
  test.each([
    ['by a plain name', [`etcd00 ssh-ed25519 ${keyA}`], 'etcd00', 22],
    ['in any case of letters', [`Etcd00 ssh-ed25519 ${keyA}`], 'ETCD00', 22],
    ['by one of several names', [`a,etcd00,10.0.0.1 ssh-ed25519 ${keyA} a comment`], '10.0.0.1', 22],
    ['with another port', [`[10.0.0.1]:2222 ssh-ed25519 ${keyA}`], '10.0.0.1', 2222],
    ['by an IPv6 address with a port', [`[::1]:2222 ssh-ed25519 ${keyA}`], '::1', 2222],
    ['by a wildcard', [`*.lan,10.0.?.1 ssh-ed25519 ${keyA}`], '10.0.7.1', 22],
    ['beside another key of its type', [`h ssh-ed25519 ${keyB}`, `h ssh-ed25519 ${keyA}`], 'h', 22],
    [
      'by a name that ssh-keygen -H hashed',
      [`|1|hSL2h0tOvwofjZ5R8kTy1mjdyyU=|kkeenA8vACT+GKEVJ2KmQn/hJ2I= ssh-ed25519 ${keyA}`],
      'etcd00',
      22,
    ],
    [
      'by a hashed name with a port',
      [`|1|DlcIwBqnLxYrF6NeGF3VZrd5MgE=|JV/aOBrXsibWSLfHFxTjj4+/BXs= ssh-ed25519 ${keyA}`],
      '10.0.0.1',
      2222,
    ],
  ])('%s', (_how, lines, host, port) => {
    expect(verdict(lines, host, port)).toBe('known');
  });
});

describe('a key is not known', () => {
  test.each([
    ['in an empty file', [], 'h', 22, 'unknown'],
    ['by a line for another port', [`h ssh-ed25519 ${keyA}`], 'h', 2222, 'unknown'],
    [
      'by a wildcard that a negation takes back',
      [`*.lan,!evil.lan ssh-ed25519 ${keyA}`],
      'evil.lan',
      22,
      'unknown',
    ],
    ['by a dot that stands for a dot alone', [`10.0.0.1* ssh-ed25519 ${keyA}`], '10a0b0.1', 22, 'unknown'],
    ['by a comment', [`# h ssh-ed25519 ${keyA}`], 'h', 22, 'unknown'],
    ['by a certificate authority', [`@cert-authority h ssh-ed25519 ${keyA}`], 'h', 22, 'unknown'],
    ['by a line whose key is of another type than it says', [`h ssh-rsa ${keyA}`], 'h', 22, 'unknown'],
    ['by a key of another type', [`h ecdsa-sha2-nistp256 ${ecdsa}`], 'h', 22, 'unknown'],
    ['when another of its type is', [`h ssh-ed25519 ${keyB}`], 'h', 22, 'changed'],
    [
      'when it is revoked for all',
      [`h ssh-ed25519 ${keyA}`, `@revoked * ssh-ed25519 ${keyA}`],
      'h',
      22,
      'revoked',
    ],
    [
      'by a hash that is cut short',
      [`|1|hSL2h0tOvwofjZ5R8kTy1mjdyyU= ssh-ed25519 ${keyA}`],
      'etcd00',
      22,
      'unknown',
    ],
  ])('%s', (_how, lines, host, port, is) => {
    expect(verdict(lines, host, port)).toBe(is);
  });
});

test('a verdict names file and line', () => {
  const known = parseKnownHosts(`\n# x\nh ssh-ed25519 ${keyB}\n`, '/etc/known');
  expect(judge(known.linesFor('h'), 'ssh-ed25519', keyA)).toMatchObject({
    was: { file: '/etc/known', line: 3 },
  });
});

test('a fingerprint is what ssh-keygen -l prints', () => {
  expect(fingerprint(keyA)).toBe('SHA256:loswF13RifaIbPySOBs6naklb+6A3KKh337np2lkp/I');
});

test('a pinned key is a type and its key, or nothing', () => {
  expect(parsePinnedKey(`ssh-ed25519 ${keyA} root@etcd00\n`)).toEqual({ type: 'ssh-ed25519', key: keyA });
  expect(parsePinnedKey(`ssh-rsa ${keyA}`)).toBeUndefined();
  expect(parsePinnedKey('SHA256:abc')).toBeUndefined();
});
