import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configuredHost } from './configured.ts';
import { readSshConfig, readText } from './read.ts';

function read(files: { readonly [path: string]: string }) {
  return readSshConfig([{ path: '/h/.ssh/config', folder: '/h/.ssh' }], '/h', (path) => files[path]);
}

function said(text: string): readonly string[] {
  const { complaints } = read({ '/h/.ssh/config': text });
  return complaints.sorted().map(({ line, column, code }) => `${line}:${column} ${code}`);
}

test('Match exec never applies, and that is said with its place', () => {
  const text = 'Host *\n  Port 1\n  Match host a exec "touch x"\nUser never\n';
  expect(said(text)).toEqual(['3:3 ssh-config/match']);
  const config = read({ '/h/.ssh/config': text });
  expect(configuredHost(config, { destination: 'a', localUser: 'me' })).not.toHaveProperty('user');
});

test('CanonicalizeHostname has no effect, which is said unless it is off', () => {
  expect(said('CanonicalizeHostname yes')).toEqual(['1:1 ssh-config/canonicalize']);
  expect(said('CanonicalizeHostname no')).toEqual([]);
});

test('a line that ssh would refuse is passed over with its place', () => {
  expect(said('User "me\n\n =x\n')).toEqual(['1:1 ssh-config/line', '3:2 ssh-config/line']);
});

test('files that include each other come to an end', () => {
  const config = read({ '/h/.ssh/config': 'Include b', '/h/.ssh/b': 'Include ~/.ssh/b\nUser me' });
  expect(configuredHost(config, { destination: 'a', localUser: 'x' }).user).toBe('me');
  expect(config.complaints.sorted().map(({ code }) => code)).toEqual(['ssh-config/line']);
});

test('an Include takes all files that a pattern names, in their order, and only where its block applies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssh-config-'));
  try {
    writeFileSync(join(folder, 'config'), 'Host a\n  Include c.d/* conf?\nHost *\n  Port 9\n');
    writeFileSync(join(folder, 'conf2'), 'Port 2\nHost b\n  User b\n');
    writeFileSync(join(folder, 'conf1'), 'Host b a\n  User first\n');
    const config = readSshConfig([{ path: join(folder, 'config'), folder }], '/h', readText);
    const of = (destination: string) => configuredHost(config, { destination, localUser: 'x' });
    expect(of('a')).toMatchObject({ user: 'first', port: 2 });
    expect(of('b')).toEqual({ identityFiles: [], identitiesOnly: false, port: 9 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
