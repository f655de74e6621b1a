import { expect, test } from 'vitest';
import { judgeHost } from './inventoryCheck.ts';

const facts = { home: '/home/op', user: 'op', shell: '/bin/sh', bootId: 'b' };
const healthy: readonly (readonly [string, string])[] = [
  ['uid', '1000'],
  ['date', '1000'],
  ['free_kb', '9999999'],
  ['home_writable', 'yes'],
  ['sudo', 'yes'],
  ['kill_user_processes', 'no'],
  ['remove_ipc', 'no'],
  ['noexec', 'no'],
];

function found(changes: { readonly [name: string]: string }): readonly string[] {
  const said = new Map([...healthy, ...Object.entries(changes)]);
  return judgeHost(facts, said, 1_000_500).findings.map((finding) => `${finding.level} ${finding.name}`);
}

test('a healthy host has no findings', () => {
  expect(found({})).toEqual([]);
});

test('processes that logind ends are a fault, unless the user lingers or is root', () => {
  expect(found({ kill_user_processes: 'yes' })).toEqual(['broken kill_user_processes']);
  expect(found({ kill_user_processes: 'yes', linger: 'yes' })).toEqual([]);
  expect(found({ kill_user_processes: 'yes', uid: '0' })).toEqual([]);
});

test('no space, no writable home, a wrong clock, noexec, RemoveIPC and no sudo are each said', () => {
  expect(found({ free_kb: '100' })).toEqual(['broken space']);
  expect(found({ home_writable: 'no' })).toEqual(['broken home']);
  expect(found({ date: '1100' })).toEqual(['notice clock']);
  expect(found({ noexec: 'yes' })).toEqual(['notice noexec']);
  expect(found({ remove_ipc: 'yes' })).toEqual(['notice remove_ipc']);
  expect(found({ sudo: 'no' })).toEqual(['notice sudo']);
});

test('figures that a host does not give are left out', () => {
  const report = judgeHost(facts, new Map([['uid', '0']]), 0);
  expect(report).toEqual({ facts, sudo: true, findings: [] });
});
