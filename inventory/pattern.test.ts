import { describe, expect, it } from 'vitest';
import { hostName } from '../plan/ids.ts';
import { type KnownHosts, parsePattern, pickHosts } from './pattern.ts';

const names = ['etcd00', 'etcd01', 'etcd02', 'web-1', 'web-2'].map(hostName);
const known: KnownHosts = {
  hosts: names.map((name) => ({ name })),
  groups: new Map([
    ['all', names],
    ['etcd', names.slice(0, 3)],
    ['web', names.slice(3)],
    ['dc1', [hostName('etcd01'), hostName('web-1')]],
  ]),
};

function pick(text: string): string {
  const parsed = parsePattern(text);
  const picked = parsed.ok ? pickHosts(known, parsed.pattern) : parsed;
  return picked.ok ? picked.hosts.join(' ') : `${picked.offset}: ${picked.message} ${picked.mend}`;
}

describe('host patterns', () => {
  it.each([
    ['all', 'etcd00 etcd01 etcd02 web-1 web-2'],
    ['*', 'etcd00 etcd01 etcd02 web-1 web-2'],
    ['none', ''],
    ['etcd', 'etcd00 etcd01 etcd02'],
    ['web:etcd', 'etcd00 etcd01 etcd02 web-1 web-2'],
    ['etcd00,etcd01', 'etcd00 etcd01'],
    ['etcd00, etcd01', 'etcd00 etcd01'],
    ['etcd:!etcd02', 'etcd00 etcd01'],
    ['etcd:&dc1', 'etcd01'],
    ['all:!dc1:&web', 'web-2'],
    ['!etcd', 'web-1 web-2'],
    ['etcd[0]', 'etcd00'],
    ['etcd[-1]', 'etcd02'],
    ['etcd[0:1]', 'etcd00 etcd01'],
    ['etcd[1:]', 'etcd01 etcd02'],
    ['etcd0*', 'etcd00 etcd01 etcd02'],
    ['etcd0[1-2]', 'etcd01 etcd02'],
    ['etcd0[!0]', 'etcd01 etcd02'],
    ['*-?', 'web-1 web-2'],
    ['w*b', 'web-1 web-2'],
  ])('%s means %s', (pattern, hosts) => {
    expect(pick(pattern)).toBe(hosts);
  });

  it('takes words together first and away last, whatever their order', () => {
    expect(pick('!etcd02:etcd')).toBe('etcd00 etcd01');
  });

  it.each([
    ['etcdd', '0: There is no group or host etcdd in the inventory. Did you mean etcd?'],
    ['etcd:!wep', '6: There is no group or host wep in the inventory. Did you mean web?'],
    ['etcd[7]', '0: etcd[7]: etcd has 3 hosts. Indices count from 0, or from -1 at the end.'],
    ['', '0: The host pattern is empty. Name a group or a host, or none.'],
    ['etcd:!', '5: Nothing stands behind ! in the pattern "etcd:!". Name a group or a host.'],
    ['~etcd.*', '0: Regular expressions are no host patterns here. Use * and ?, or a group.'],
    ['a b', '0: "a b" is no word of a host pattern. Words are groups, hosts or names, joined by : or ,'],
  ])('%s is refused with its place and a mend', (pattern, said) => {
    expect(pick(pattern)).toBe(said);
  });

  it('matches an evil glob without going back for ever', () => {
    const parsed = parsePattern(`${'*a'.repeat(200)}b`);
    expect(parsed.ok).toBe(true);
    const long: KnownHosts = { hosts: [{ name: hostName('a'.repeat(5_000)) }], groups: new Map() };
    if (parsed.ok) expect(pickHosts(long, parsed.pattern).ok).toBe(false);
  });
});
