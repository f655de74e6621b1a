import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Complaints } from '../plan/complaints.ts';
import { resolveGroups } from './groups.ts';
import { toPlanHost } from './hosts.ts';
import { RawInventory } from './raw.ts';
import { readIniInventory } from './read-ini.ts';
import { readYamlInventory } from './read-yaml.ts';

const YAML = `all:
  vars: { ansible_user: alice, list: [1, 2.50, "x"] }
  children:
    etcd: &e
      hosts:
        etcd[00:02]: { ansible_port: 22, holdfast_zone: dc1 }
    site: { children: { etcd: , web: { hosts: { web1: } } } }
    again: *e
`;
const INI = `alone ansible_host=10.0.0.1 note="a b"
[etcd]
etcd[01:03]:22 x=1
[etcd:vars]
a = [1, 2]
[site:children]
etcd
`;
const PIECES = [
  '[',
  ']',
  '{',
  '}',
  ':',
  '"',
  "'",
  '\n',
  ' ',
  '&a ',
  '*e',
  '!vault ',
  '[1:99]',
  '=',
  '#',
  'children: ',
  '{{ x }}',
  '\0',
  '<<: ',
];

function mutated(seed: string): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat(seed.length), cut: fc.nat(12), put: fc.constantFrom('', ...PIECES) });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce((text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut), seed),
    );
}

it.each([
  ['YAML', YAML, readYamlInventory],
  ['INI', INI, readIniInventory],
])(
  'never crashes on mutated %s, and says where everything is wrong',
  (_, seed, read) => {
    fc.assert(
      fc.property(mutated(seed), (text) => {
        const complaints = new Complaints();
        const raw = new RawInventory();
        read('i', text, raw, complaints);
        const tree = resolveGroups(raw, complaints);
        const login = { sshConfig: undefined, user: 'me' };
        for (const host of raw.hosts.values()) {
          const made = toPlanHost(raw, tree, host, login, new Map(), complaints);
          if (made === undefined) continue;
          expect(made.port).toBeGreaterThan(0);
          expect(made.address).not.toBe('');
        }
        for (const { line, column, message, mend } of complaints.sorted()) {
          expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
          expect(message).not.toMatch(/undefined|\[object/);
          expect(mend).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  },
  30_000,
);
