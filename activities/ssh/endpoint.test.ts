import { describe, expect, test } from 'vitest';
import { readSshConfig } from '../../inventory/ssh-config/read.ts';
import { hostName } from '../../plan/ids.ts';
import type { SshSettings } from '../../plan/plan.ts';
import { type Endpoint, parseJumps, resolveEndpoint } from './endpoint.ts';

/** How `etcd00` is reached with this config in `~/.ssh/config`, other files as given. */
function resolve(
  config: string,
  options: {
    readonly address?: string;
    readonly port?: number;
    readonly ssh?: SshSettings;
    readonly files?: { readonly [path: string]: string };
    readonly env?: { readonly [name: string]: string };
  } = {},
): Endpoint {
  const files: { readonly [path: string]: string } = { '/home/op/.ssh/config': config, ...options.files };
  const read = readSshConfig(
    [
      { path: '/home/op/.ssh/config', folder: '/home/op/.ssh' },
      { path: '/etc/ssh/ssh_config', folder: '/etc/ssh' },
    ],
    '/home/op',
    (path) => files[path],
  );
  const target = {
    name: hostName('etcd00'),
    address: options.address ?? '10.0.0.1',
    port: options.port ?? 22,
    user: 'root',
    ssh: options.ssh ?? {},
  };
  const resolved = resolveEndpoint(target, {
    config: read,
    home: '/home/op',
    user: 'op',
    env: options.env ?? {},
  });
  if (!resolved.ok) throw new Error(resolved.says);
  return resolved.endpoint;
}

test('with nothing said it is as OpenSSH has it', () => {
  expect(resolve('', { env: { SSH_AUTH_SOCK: '/run/agent' } })).toMatchObject({
    host: '10.0.0.1',
    port: 22,
    user: 'root',
    identityFiles: [],
    defaultIdentityFiles: ['/home/op/.ssh/id_rsa', '/home/op/.ssh/id_ecdsa', '/home/op/.ssh/id_ed25519'],
    agentSocket: '/run/agent',
    knownAs: { host: '10.0.0.1', port: 22 },
    jumps: [],
  });
});

test('the first value wins, and each named key counts', () => {
  const config = `
Host 10.0.*
  Port 2201
  IdentityFile ~/.ssh/first
Host 10.0.0.1 !10.0.0.2
  Port 2202
  IdentityFile %d/.ssh/%r-%h
Host *
  HostName %h.example.org
  ConnectTimeout 3`;
  expect(resolve(config)).toMatchObject({
    host: '10.0.0.1.example.org',
    port: 2201,
    identityFiles: ['/home/op/.ssh/first', '/home/op/.ssh/root-10.0.0.1.example.org'],
    defaultIdentityFiles: [],
    connectWithinMs: 3000,
  });
});

test('keywords are read in any case, with = and with quotes', () => {
  expect(resolve('host 10.0.0.1\n  pOrT=2203\n  identityfile "~/my keys/id"').identityFiles).toEqual([
    '/home/op/my keys/id',
  ]);
  expect(resolve('HOST 10.0.0.1\n  pOrT=2203').port).toBe(2203);
});

test('the user’s file is before the system’s', () => {
  const files = { '/etc/ssh/ssh_config': 'Host *\n  Port 2\n  HostKeyAlias alias' };
  expect(resolve('Host *\n  Port 1', { files })).toMatchObject({
    port: 1,
    knownAs: { host: 'alias', port: 22 },
  });
});

test('what the inventory says wins', () => {
  const config = `Host *
  Port 1
  IdentityFile ~/other
  UserKnownHostsFile ~/other
  ProxyJump other`;
  const ssh = {
    identityFile: '~/mine',
    knownHostsFile: '/mine/known',
    proxyJump: 'none',
    hostKey: 'ssh-ed25519 AAAA',
  };
  expect(resolve(config, { port: 2222, ssh })).toMatchObject({
    port: 2222,
    identityFiles: ['/home/op/mine'],
    knownHostsFiles: ['/mine/known'],
    jumps: [],
    pinnedKey: 'ssh-ed25519 AAAA',
  });
});

test('an included file is read where it is included', () => {
  const files = { '/home/op/.ssh/lan.conf': 'Host 10.*\n  Port 3' };
  expect(resolve('Include lan.conf\nHost *\n  Port 4', { files }).port).toBe(3);
  expect(resolve('Host 11.*\n  Include lan.conf\nHost *\n  Port 4', { files }).port).toBe(4);
});

test('Match host and Match user apply; Match exec never runs anything', () => {
  expect(resolve('Match host 10.0.0.1 user root\n  Port 5').port).toBe(5);
  expect(resolve('Match exec "touch /tmp/never"\n  Port 6').port).toBe(22);
});

describe('the agent', () => {
  test.each([
    ['IdentityAgent none', undefined],
    ['IdentityAgent SSH_AUTH_SOCK', '/run/agent'],
    ['IdentityAgent $OTHER', '/run/other'],
    ['IdentityAgent ~/agent', '/home/op/agent'],
    [`IdentityAgent "$\{DIR}/agent"`, '/dir/agent'],
  ])('%s', (line, socket) => {
    const env = { SSH_AUTH_SOCK: '/run/agent', OTHER: '/run/other', DIR: '/dir' };
    expect(resolve(`Host *\n  ${line}`, { env }).agentSocket).toBe(socket);
  });
});

test('several known_hosts files, the first for what is new', () => {
  const config = 'Host *\n  UserKnownHostsFile ~/.ssh/a ~/.ssh/b\n  GlobalKnownHostsFile none';
  expect(resolve(config).knownHostsFiles).toEqual(['/home/op/.ssh/a', '/home/op/.ssh/b']);
});

test('a port that the inventory says itself is not the config’s affair', () => {
  expect(resolve('Port 2200').port).toBe(2200);
  expect(resolve('Port 2200', { ssh: { ownPort: true } }).port).toBe(22);
  const jumps = resolve('Port 2200', { ssh: { proxyJump: 'gw:22,gw2' } }).jumps;
  expect(jumps.map(({ ssh }) => ssh.ownPort)).toEqual([true, undefined]);
});

test('jump hosts with user, port, IPv6 and as a URL; who logs in is the config’s affair where it is not said', () => {
  const config = readSshConfig([{ path: 'c', folder: '/' }], '/home/op', () => 'Host c\n  User carol');
  const around = { config, user: 'op' };
  expect(parseJumps('a, ops@b:2222,[::1]:23,ssh://c', around)).toMatchObject([
    { address: 'a', port: 22, user: 'op' },
    { address: 'b', port: 2222, user: 'ops' },
    { address: '::1', port: 23, user: 'op' },
    { address: 'c', port: 22, user: 'carol' },
  ]);
  expect(parseJumps('a b', around)).toBeUndefined();
});

test('a jump host may be named by tokens', () => {
  expect(resolve('Host *\n  ProxyJump %r@gw-%h:2200').jumps).toMatchObject([
    { address: 'gw-10.0.0.1', port: 2200, user: 'root' },
  ]);
});

test('the config is asked by the name that it knows the host by', () => {
  const config = 'Host alias\n  HostName 10.9.9.9\n  ProxyJump gw\n  Port 2200';
  expect(resolve(config, { ssh: { destination: 'alias' } })).toMatchObject({
    host: '10.9.9.9',
    port: 2200,
    jumps: [{ address: 'gw' }],
  });
});

test('IdentityFile none is no key, and no default either', () => {
  expect(resolve('Host *\n  IdentityFile none')).toMatchObject({
    identityFiles: [],
    defaultIdentityFiles: [],
  });
});

test('a ProxyCommand that is a jump host in an older spelling is one; any other is refused with what to do', () => {
  expect(resolve('Host *\n  ProxyCommand ssh -q -W %h:%p ops@gw').jumps).toMatchObject([
    { address: 'gw', user: 'ops' },
  ]);
  expect(resolve('Host *\n  ProxyCommand none').jumps).toEqual([]);
  expect(() => resolve('Host *\n  ProxyCommand nc %h %p')).toThrow(
    /ProxyCommand, and no command is run to connect. Say ProxyJump/,
  );
});
