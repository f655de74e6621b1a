import { describe, expect, it } from 'vitest';
import { readReference } from './secrets.ts';

describe('a reference to a secret', () => {
  it.each([
    ['env:DB_PASSWORD', { from: 'env', name: 'DB_PASSWORD' }],
    ['file:/run/secrets/db', { from: 'file', path: '/run/secrets/db' }],
    ['vault:secret/data/db#password', { from: 'vault', path: 'secret/data/db', key: 'password' }],
    ['sops:conf/secrets.yaml#db.password', { from: 'sops', path: 'conf/secrets.yaml', key: 'db.password' }],
    ['sealed:run-1/step/host/token', { from: 'sealed', handle: 'run-1/step/host/token' }],
  ])('%s is read', (text, read) => {
    expect(readReference(text)).toEqual({ ok: true, ...read });
  });

  it.each([
    'hunter2',
    'env:',
    'env:A B',
    'file:relative',
    'vault:path',
    'sops:#k',
    'env:A\nB',
    'http://x',
    '',
  ])('%j is refused, and not repeated', (text) => {
    const read = readReference(text);
    expect(read).toMatchObject({ ok: false });
    if (text.length > 4) expect(JSON.stringify(read)).not.toContain(text);
  });
});
