import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('arguments win over the environment, and the rest follows from the data folder', () => {
  const config = readConfig(['--data', '/d', '--temporal', '127.0.0.1:1'], { HOLDFAST_DATA: '/other' });
  expect(config).toEqual({
    temporal: { address: '127.0.0.1:1', namespace: 'default' },
    ledger: { kind: 'file', path: '/d/ledger.db' },
    log: '/d/worker.log',
    bundles: '/d/bundles',
    sealingKey: '/d/sealing-key',
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

test('with a server it keeps nothing but bundles here, also where a data folder is named', () => {
  const server = [
    '--server',
    'https://h:7412',
    '--token-file',
    '/t',
    '--server-ca',
    '/ca',
    '--bundles',
    '/b',
  ];
  const config = readConfig(server, { HOLDFAST_DATA: '/d' });
  expect(config).toMatchObject({
    ledger: { kind: 'server', url: 'https://h:7412', tokenFile: '/t', ca: '/ca' },
    bundles: '/b',
  });
  expect(config.log).toBeUndefined();
  expect(() => readConfig(server.slice(0, 2), { HOLDFAST_DATA: '/d' })).toThrow(
    expect.objectContaining({ code: 'worker/config' }),
  );
});
