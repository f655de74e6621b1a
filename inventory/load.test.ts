import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Complaints } from '../plan/complaints.ts';
import { readTextFile } from './files.ts';
import { type LoadedInventory, loadInventory } from './load.ts';
import { readSshConfig } from './ssh-config/read.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inventory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(
  files: { readonly [path: string]: string },
  path = Object.keys(files)[0] ?? '',
): Promise<LoadedInventory> {
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
  const complaints = loaded.ok ? loaded.inventory.origin.warnings : loaded.complaints;
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
  it('gives hosts with address, port, user, home, zone, ssh settings and variables', async () => {
    const { hosts } = good(await load({ 'inventory.yaml': LAB }));
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

  it('nests groups, expands ranges, and selects by pattern in its own order', async () => {
    const inventory = good(
      await load({
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

  it('lets inner groups win over outer ones, files of variables over the inventory, hosts over groups', async () => {
    const { hosts } = good(
      await load({
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

  it('keeps what looks like a version a text, and passwords out of the plan', async () => {
    const { hosts } = good(
      await load({
        'i.yaml': 'all: { hosts: { h: { v: 3.10, n: 12, ok: true, ansible_password: secret } } }\n',
      }),
    );
    expect(hosts[0]?.vars).toEqual({ v: '3.10', n: 12, ok: true });
  });

  it('knows where a variable stands that only Ansible could read, wherever in it the {{ }} is', async () => {
    const { hosts, origin } = good(
      await load({
        'i.yaml':
          'all:\n  vars: { a: outer, d: plain }\n  hosts:\n    h:\n      a: !vault |\n        $ANSIBLE_VAULT;1.1\n      b: [{ x: "{{ c }}" }]\n',
      }),
    );
    expect(hosts[0]?.vars).toEqual({ d: 'plain' });
    expect([...origin.unread].map(([name, { line, code }]) => [name, line, code])).toEqual([
      ['a', 5, 'inventory/vault'],
      ['b', 7, 'inventory/jinja'],
    ]);
  });

  it('reads unquoted words as YAML 1.1 does, merges, and takes the last of two that are alike', async () => {
    const loaded = await load({
      'i.yaml':
        'x: &d { p: 1, q: off }\nall:\n  hosts:\n    h: { <<: *d, a: yes, b: "yes", c: 0644, d: ~, p: 2, e: 1.5, e: [no, y] }\n',
    });
    expect(loaded.ok).toBe(false);
    const fine = await load({
      'i.yaml':
        'all:\n  hosts:\n    g: &d { p: 1, q: off }\n    h: { <<: *d, a: yes, b: "yes", c: 0644, d: ~, p: 2, e: 1.5, e: [no, y] }\n',
    });
    expect(said(fine)).toEqual(['4:65 inventory/duplicate-key e is said twice here: the last one counts.']);
    expect(good(fine).hosts[1]?.vars).toEqual({
      a: true,
      b: 'yes',
      c: '0644',
      d: null,
      e: [false, 'y'],
      p: 2,
      q: false,
    });
  });

  it('lets group_vars win over what any inventory file says of a group', async () => {
    const { hosts } = good(
      await load({
        'i.yaml': 'etcd: { hosts: { h: }, vars: { a: inline, b: inline } }\n',
        'group_vars/all': 'a: file of all\n',
        'group_vars/etcd/sub/x.yml': 'c: deep\n',
        'group_vars/etcd.yml': 'c: hidden by the folder\n',
      }),
    );
    expect(hosts[0]?.vars).toEqual({ a: 'file of all', b: 'inline', c: 'deep' });
  });

  it('puts groups that are alike in order by ansible_group_priority, then by name', async () => {
    const { hosts } = good(
      await load({
        'i.yaml':
          'a: { hosts: { h: }, vars: { x: a, y: a, ansible_group_priority: 9 } }\nb: { hosts: { h: }, vars: { x: b, y: b } }\nc: { hosts: { h: }, vars: { y: c } }\n',
      }),
    );
    expect(hosts[0]?.vars).toEqual({ x: 'a', y: 'a' });
  });

  it('leaves out a host that is not reached by ssh, and says so', async () => {
    const loaded = await load({ 'i.yaml': 'all: { hosts: { a: { ansible_connection: local }, b: } }\n' });
    expect(said(loaded)).toEqual([
      '1:22 inventory/connection a is to be reached by local; only ssh is spoken here: it is left out.',
    ]);
    expect(good(loaded).select('all')).toEqual({ ok: true, hosts: ['b'] });
  });

  it('reads the jump host, key and known hosts of ssh’s options, and names those without effect', async () => {
    const loaded = await load({
      'i.ini': `[a]
h ansible_ssh_common_args='-o ProxyCommand="ssh -W %h:%p -q ops@gw" -o StrictHostKeyChecking=no -o ControlPersist=60s' ansible_ssh_extra_args='-i key' ansible_become=true ansible_ssh_pass=x
`,
    });
    expect(good(loaded).hosts[0]?.ssh).toEqual({ identityFile: 'key', proxyJump: 'ops@gw' });
    expect(said(loaded).map((each) => each.split(' ')[1])).toEqual([
      'inventory/become',
      'inventory/password',
      'inventory/ssh-args',
    ]);
  });
});

describe('an inventory in INI', () => {
  it('reads hosts, ranges, variables, children and comments', async () => {
    const inventory = good(
      await load({
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
      'i.ini',
      '[a]\nh ansible_ssh_common_args=\'-o ProxyCommand="nc %h %p"\'\n',
      '2:1 inventory/ssh-args No command is run to connect: nc %h %p',
    ],
    [
      'i.ini',
      '[ectd:vars]\na=1\n[etcd]\nh\n',
      '1:1 inventory/unknown-group There is no group ectd: no section [ectd] or [ectd:children] declares it.',
    ],
    [
      'i.yml',
      'plugin: aws_ec2\n',
      '1:1 inventory/plugin This is the configuration of an inventory plugin, which only Ansible can run.',
    ],
    ['i.ini', '[etcd\n', '1:1 inventory/section [etcd is no section.'],
    ['i.ini', '[a]\nh x="y\n', '2:1 inventory/quote A quote in this line is not closed.'],
    ['i.ini', '[a]\nh1 h2\n', '2:1 inventory/variable "h2" behind the host is no variable.'],
    [
      'i.ini',
      '[a]\nh[1:99999999]\n',
      '2:1 inventory/host-name "h[1:99999999]" can\'t be the name of a host.',
    ],
    ['i', '#!/bin/sh\necho\n', '1:1 inventory/program i is a program that may not be executed.'],
  ])('%s: %j', async (file, text, complaint) => {
    const loaded = await load({ [file]: text });
    expect(loaded.ok).toBe(false);
    expect(said(loaded)).toContain(complaint);
  });

  it('says that a file is not there', async () => {
    expect(await loadInventory(['/no/such/file'])).toMatchObject({
      ok: false,
      complaints: [{ code: 'inventory/not-found', message: 'There is no inventory /no/such/file.' }],
    });
  });
});

it('a file that is larger than an inventory is not read', async () => {
  const file = join(folder, 'disk.ini');
  writeFileSync(file, '');
  truncateSync(file, 16_000_001);
  expect(await loadInventory([file])).toMatchObject({
    ok: false,
    complaints: [
      {
        code: 'inventory/unreadable',
        message: `${file} has 17 MB, more than an inventory has.`,
        mend: 'Name another file. An inventory may have 16 MB.',
        line: 1,
      },
    ],
  });
});

it('a file that can not be read is complained of with the reason', async () => {
  const file = join(folder, 'turn.ini');
  symlinkSync(file, file);
  const found = new Complaints();
  expect(readTextFile(file, found)).toBeUndefined();
  expect(found.sorted()).toMatchObject([
    { code: 'inventory/unreadable', message: expect.stringContaining('ELOOP'), file },
  ]);
});

it('a port that the inventory says wins over the ssh config, 22 too', async () => {
  writeFileSync(join(folder, 'p.ini'), 'a ansible_port=22\nb\nc:22\nd ansible_ssh_common_args="-p 22"\n');
  const sshConfig = readSshConfig([{ path: 'config', folder }], folder, () => 'Port 2200\n');
  const loaded = await loadInventory([join(folder, 'p.ini')], { sshConfig });
  expect(good(loaded).hosts.map(({ name, port, ssh }) => [name, port, ssh.ownPort])).toEqual([
    ['a', 22, true],
    ['b', 2200, undefined],
    ['c', 22, true],
    ['d', 22, true],
  ]);
});

it('takes user, port and address from the ssh config where the inventory says nothing', async () => {
  writeFileSync(join(folder, 'i.ini'), 'a\nb ansible_user=bob\n');
  const text = 'Host a b\n  User carol\n  Port 2200\n  HostName 10.1.1.1\n';
  const sshConfig = readSshConfig([{ path: 'config', folder }], folder, () => text);
  const loaded = await loadInventory([join(folder, 'i.ini')], { sshConfig });
  expect(good(loaded).hosts.map(({ user, port, address }) => [user, port, address])).toEqual([
    ['carol', 2200, '10.1.1.1'],
    ['bob', 2200, '10.1.1.1'],
  ]);
});
