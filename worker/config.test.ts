import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('arguments win over the environment, and the rest follows from the data folder', () => {
  const config = readConfig(['--data', '/d', '--temporal', '127.0.0.1:1'], { HOLDFAST_DATA: '/other' });
  expect(config).toEqual({
    temporal: { address: '127.0.0.1:1', namespace: 'default' },
    ledger: { kind: 'file', path: '/d/ledger.db' },
    log: '/d/worker.log',
    bundles: '/d/bundles',
    zones: ['default'],
  });
});

test('without a data folder it says which argument is missing', () => {
  expect(() => readConfig([], {})).toThrow(expect.objectContaining({ code: 'worker/config' }));
});

test('an argument that it does not know is refused', () => {
  expect(() => readConfig(['--data', '/d', '--speed', '9'], {})).toThrow(/speed/);
});

test('zones are a list with commas', () => {
  expect(readConfig(['--data', '/d', '--zones', 'default, dmz'], {}).zones).toEqual(['default', 'dmz']);
});
