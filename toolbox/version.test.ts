import { expect, test } from 'vitest';
import { newestFirst, pinnedVersion, satisfies, versionIn } from './version.ts';

test('a prefix of whole parts satisfies, a prefix of digits does not', () => {
  expect(satisfies('3.4.23', '3.4')).toBe(true);
  expect(satisfies('3.40.1', '3.4')).toBe(false);
  expect(satisfies('9.2p1', '')).toBe(true);
});

test('the version is read out of what programs print', () => {
  expect(versionIn('temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)')).toBe('1.5.1');
  expect(versionIn('etcd Version: 3.4.23\nGit SHA: Not provided\nGo Version: go1.19.5')).toBe('3.4.23');
  expect(versionIn('9.2p1 Debian-2+deb12u10')).toBe('9.2p1');
  expect(versionIn('no number here')).toBeUndefined();
});

test('versions sort by number, newest first', () => {
  expect(['3.4.9', '3.5.16', '3.4.23'].sort(newestFirst)).toEqual(['3.5.16', '3.4.23', '3.4.9']);
});

test('a full version is taken as it is, a prefix as the table says', () => {
  expect(pinnedVersion('3.5.30', { '3.5': '3.5.35' })).toBe('3.5.30');
  expect(pinnedVersion('3.5', { '3.5': '3.5.35' })).toBe('3.5.35');
  expect(pinnedVersion('3.3', { '3.5': '3.5.35' })).toBeUndefined();
  expect(pinnedVersion('3.3.1', {})).toBeUndefined();
});
