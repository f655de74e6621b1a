import { expect, test } from 'vitest';
import { hostsOfSet } from './host-sets.ts';
import { hostName } from './ids.ts';
import type { HostSet } from './plan.ts';

const ORDER = ['h1', 'h2', 'h3'].map(hostName);
const add = (...hosts: string[]): HostSet[number] => ({ op: 'add', of: { hosts: hosts.map(hostName) } });

function hostsOf(set: HostSet, names: { readonly [cel: string]: readonly string[] } = {}) {
  return hostsOfSet(set, ORDER, (of) => ('hosts' in of ? of.hosts : names[of.expr.cel]));
}

test('terms are read from left to right, and the hosts stand in the given order', () => {
  const of = (...hosts: string[]) => ({ hosts: hosts.map(hostName) });
  expect(hostsOf([add('h3', 'h1'), { op: 'remove', of: of('h1') }, add('h1')])).toEqual(['h1', 'h3']);
  expect(hostsOf([add('h1', 'h2'), { op: 'keep', of: of('h2', 'h3') }])).toEqual(['h2']);
});

test('a host that is not in the order is left out', () => {
  expect(hostsOf([add('h1', 'elsewhere')])).toEqual(['h1']);
});

test('with one term that is not known the whole is not known', () => {
  const set: HostSet = [add('h1', 'h2'), { op: 'remove', of: { expr: { cel: 'gone' } } }];
  expect(hostsOf(set)).toBeUndefined();
  expect(hostsOf(set, { gone: ['h2'] })).toEqual(['h1']);
});
