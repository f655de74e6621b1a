import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedInventory, loadInventory } from './load.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inventory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(
  files: { readonly [path: string]: string },
  path = Object.keys(files)[0] ?? '',
): LoadedInventory {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return loadInventory([join(folder, path)], { user: 'me' });
}

function good(loaded: LoadedInventory) {
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.complaints));
  return loaded.inventory;
}

function said(loaded: LoadedInventory): readonly string[] {
  const complaints = loaded.ok ? loaded.warnings : loaded.complaints;
  return complaints.map((each) => `${each.line}:${each.column} ${each.code} ${each.message}`);
}

const LAB = `all:
  vars:
    ansible_user: alice
    ansible_ssh_private_key_file: /lab/id_ed25519
    holdfast_known_hosts: /lab/known_hosts
    etcd_version: 3.4.23
  children:
    etcd:
      hosts:
        etcd00: { ansible_host: 127.81.0.3, ansible_port: 2222, holdfast_home: /lab/hosts/etcd00/home }
        etcd01: { ansible_host: 127.81.0.4, holdfast_zone: dc2, rack: 7 }
`;

describe('an inventory in YAML', () => {
  it('gives hosts with address, port, user, home, zone, ssh settings and variables', () => {
    const { hosts } = good(load({ 'inventory.yaml': LAB }));
    expect(hosts).toEqual([
      {
        name: 'etcd00',
        address: '127.81.0.3',
        port: 2222,
        user: 'alice',
        zone: 'default',
        groups: ['etcd'],
        home: '/lab/hosts/etcd00/home',
        vars: { etcd_version: '3.4.23' },
        ssh: { identityFile: '/lab/id_ed25519', knownHostsFile: '/lab/known_hosts' },
      },
      {
        name: 'etcd01',
        address: '127.81.0.4',
        port: 22,
        user: 'alice',
        zone: 'dc2',
        groups: ['etcd'],
        vars: { etcd_version: '3.4.23', rack: 7 },
        ssh: { identityFile: '/lab/id_ed25519', knownHostsFile: '/lab/known_hosts' },
      },
    ]);
  });

  it('nests groups, expands ranges, and selects by pattern in its own order', () => {
    const inventory = good(
      load({
        'i.yml': `all:
  children:
    site:
      children: { db: , web: { hosts: { 'web[1:2]': } } }
    db:
      hosts:
        db[08:10].example:
`,
      }),
    );
    expect(inventory.select('site')).toEqual({
      ok: true,
      hosts: ['web1', 'web2', 'db08.example', 'db09.example', 'db10.example'],
    });
    expect(inventory.select('site:!web')).toMatchObject({
      hosts: ['db08.example', 'db09.example', 'db10.example'],
    });
  });

  it('lets inner groups win over outer ones, files of variables over the inventory, hosts over groups', () => {
    const { hosts } = good(
      load({
        'i.yaml': `all:
  vars: { a: all, b: all, c: all, d: all, e: all }
  children:
    outer: { vars: { b: outer, c: outer }, children: { inner: { vars: { c: inner, d: inner, e: inner }, hosts: { h: { e: host } } } } }
`,
        'group_vars/inner.yml': 'd: file of the group\n',
        'group_vars/all/more.yml': 'f: file of all\n',
        'host_vars/h.yaml': 'e: file of the host\n',
      }),
    );
    expect(hosts[0]?.vars).toEqual({
      a: 'all',
      b: 'outer',
      c: 'inner',
      d: 'file of the group',
      e: 'file of the host',
      f: 'file of all',
    });
  });

  it('keeps what looks like a version a text, and passwords out of the plan', () => {
    const { hosts } = good(
      load({ 'i.yaml': 'all: { hosts: { h: { v: 3.10, n: 12, ok: true, ansible_password: secret } } }\n' }),
    );
    expect(hosts[0]?.vars).toEqual({ v: '3.10', n: 12, ok: true });
  });

  it('says what it left out of vaulted values and Jinja', () => {
    const loaded = load({
      'i.yaml': 'all:\n  hosts:\n    h:\n      a: !vault |\n        $ANSIBLE_VAULT;1.1\n      b: "{{ c }}"\n',
    });
    expect(said(loaded)).toEqual([
      '4:7 inventory/vault a is encrypted with Ansible Vault, which is not read: it is left out.',
      '6:7 inventory/jinja b has {{ }} in it, which only Ansible can read: it is left out.',
    ]);
  });
});

describe('an inventory in INI', () => {
  it('reads hosts, ranges, variables, children and comments', () => {
    const inventory = good(
      load({
        hosts: `# the cluster
alone ansible_host=10.0.0.9
[etcd]
etcd[01:02] ansible_user=alice note="two words" # here
etcd03:2222
[etcd:vars]
etcd_v2 = True
count=3
[site:children]
etcd
`,
      }),
    );
    expect(
      inventory.hosts.map(({ name, address, port, user, vars }) => [name, address, port, user, vars]),
    ).toEqual([
      ['alone', '10.0.0.9', 22, 'me', {}],
      ['etcd01', 'etcd01', 22, 'alice', { count: 3, etcd_v2: true, note: 'two words' }],
      ['etcd02', 'etcd02', 22, 'alice', { count: 3, etcd_v2: true, note: 'two words' }],
      ['etcd03', 'etcd03', 2222, 'me', { count: 3, etcd_v2: true }],
    ]);
    expect(inventory.select('site:ungrouped')).toMatchObject({
      hosts: ['alone', 'etcd01', 'etcd02', 'etcd03'],
    });
  });
});

describe('an inventory that is wrong', () => {
  it.each([
    ['i.yaml', 'all:\n  host:\n    a:\n', '2:3 inventory/unknown-key A group has no key host.'],
    [
      'i.yaml',
      'all:\n  hosts:\n    - a\n',
      '3:5 inventory/group hosts of the group all has to be a mapping, not a list.',
    ],
    ['i.yaml', 'all:\n  hosts:\n    a b:\n', '3:5 inventory/host-name "a b" can\'t be the name of a host.'],
    [
      'i.yaml',
      'all:\n  hosts:\n    a: 10.0.0.1\n',
      '3:8 inventory/host The variables of a have to be a mapping.',
    ],
    [
      'i.yaml',
      'all: { hosts: { a: { ansible_port: 99999 } } }\n',
      '1:22 inventory/port 99999 is no port (of a).',
    ],
    [
      'i.yaml',
      'all: [\n',
      '2:1 inventory/yaml This is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    [
      'i.yaml',
      'a: { children: { b: { children: { a: } } } }\n',
      '1:35 inventory/cycle Groups contain each other: a → b → a.',
    ],
    [
      'i.yaml',
      'a: &a { children: { x: *a, y: *a } }\n',
      '1:21 inventory/group-name Groups are nested too deeply, or contain each other.',
    ],
    [
      'i.yaml',
      'all: { hosts: { a: { ansible_user: "{{ x }}" } } }\n',
      '1:22 inventory/jinja ansible_user of a has {{ }} in it, which only Ansible can read.',
    ],
    [
      'i.yaml',
      'all: { hosts: { a: { ansible_connection: local } } }\n',
      '1:22 inventory/connection a is to be reached by local; only ssh is spoken here.',
    ],
    ['i.ini', '[etcd\n', '1:1 inventory/section [etcd is no section.'],
    ['i.ini', '[a]\nh x="y\n', '2:1 inventory/quote A quote in this line is not closed.'],
    ['i.ini', '[a]\nh1 h2\n', '2:1 inventory/variable "h2" behind the host is no variable.'],
    [
      'i.ini',
      '[a]\nh[1:99999999]\n',
      '2:1 inventory/host-name "h[1:99999999]" can\'t be the name of a host.',
    ],
    [
      'i',
      '#!/bin/sh\necho\n',
      '1:1 inventory/program i is a program; inventories that have to be run are not read.',
    ],
  ])('%s: %j', (file, text, complaint) => {
    const loaded = load({ [file]: text });
    expect(loaded.ok).toBe(false);
    expect(said(loaded)).toContain(complaint);
  });

  it('says that a file is not there', () => {
    expect(loadInventory(['/no/such/file'])).toMatchObject({
      ok: false,
      complaints: [{ code: 'inventory/not-found', message: 'There is no inventory /no/such/file.' }],
    });
  });
});

it('takes user, port and address from the ssh config where the inventory says nothing', () => {
  writeFileSync(join(folder, 'i.ini'), 'a\nb ansible_user=bob\n');
  const sshConfig = 'Host a b\n  User carol\n  Port 2200\n  HostName 10.1.1.1\n';
  const loaded = loadInventory([join(folder, 'i.ini')], { sshConfig });
  expect(good(loaded).hosts.map(({ user, port, address }) => [user, port, address])).toEqual([
    ['carol', 2200, '10.1.1.1'],
    ['bob', 2200, '10.1.1.1'],
  ]);
});
