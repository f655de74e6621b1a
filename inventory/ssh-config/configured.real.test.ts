import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { findProgram } from '../../toolbox/findProgram.ts';
import { configuredHost } from './configured.ts';
import { expandHome, readSshConfig, readText } from './read.ts';

/** `ssh -G` says what OpenSSH itself makes of a config: it neither connects nor looks up a name. */

const folder = mkdtempSync(join(tmpdir(), 'ssh-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const name = fc.constantFrom('a', 'b', 'ab', 'B', 'a.example', 'x-1');
const pattern = fc.constantFrom(
  'a',
  'b',
  'B',
  'a*',
  '?',
  '*',
  '!a',
  '!*b',
  'a?',
  '*.example',
  'b.lan',
  'x-[1]',
);
const patterns = fc.array(pattern, { minLength: 1, maxLength: 3 });
const spelled = (word: string) => fc.constantFrom(word, word.toLowerCase(), word.toUpperCase());
const gap = fc.constantFrom(' ', '\t', '=', ' = ', '  ');
const criterion = fc.oneof(
  fc
    .tuple(fc.constantFrom('host', 'originalhost', '!host', 'Host'), patterns)
    .map(([c, p]) => `${c} ${p.join(',')}`),
  fc.constantFrom(
    'user ops',
    'user !ops,*',
    '!user ops',
    `localuser ${userInfo().username}`,
    'localuser nobody',
  ),
);
const match = fc.oneof(
  fc.constantFrom('all', 'final', 'canonical', 'final all'),
  fc.array(criterion, { minLength: 1, maxLength: 2 }).map((all) => all.join(' ')),
  criterion.map((one) => `final ${one}`),
);
const setting = fc.oneof(
  ...(
    [
      ['HostName', ['b.lan', '%h.lan', 'Big.Example', '10.0.0.1', 'a%%b']],
      ['Port', ['22', '2201', '2202']],
      ['User', ['ops', 'root', '"two words"']],
      ['IdentityFile', ['~/.ssh/one', '"~/my keys/%r"', "'it''s'", 'none', '/k/a\\"b', '~/.ssh/one # first']],
      ['IdentitiesOnly', ['yes', 'no', 'true']],
      ['IdentityAgent', ['none', 'SSH_AUTH_SOCK', '~/agent']],
      ['ProxyJump', ['none', 'gw', 'ops@gw:2222,gw2', 'NONE']],
      ['ProxyCommand', ['nc %h %p # not a comment', 'none', 'ssh -W "%h:%p" gw']],
      ['HostKeyAlias', ['alias', 'Other']],
      ['ConnectTimeout', ['7', '1m', '1m30s', 'none']],
      ['UserKnownHostsFile', ['~/k1', '/k1 "/k 2"', 'none']],
      ['GlobalKnownHostsFile', ['/g1 /g2', 'none']],
      ['ForwardAgent', ['yes']],
    ] as const
  ).map(([keyword, values]) =>
    fc.tuple(spelled(keyword), gap, fc.constantFrom(...values)).map((parts) => `  ${parts.join('')}`),
  ),
);
const block = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(spelled('Host'), gap, patterns).map(([k, g, p]) => `${k}${g}${p.join(' ')}`),
  },
  { weight: 2, arbitrary: fc.tuple(spelled('Match'), match).map((parts) => parts.join(' ')) },
  { weight: 6, arbitrary: setting },
  { weight: 1, arbitrary: fc.constantFrom('', '# Host *', '  # note') },
);
const lines = (most: number) => fc.array(block, { maxLength: most });
const include = fc.constantFrom(
  'Include one',
  'Include one two',
  'Include "o*"',
  'Include no-such',
  'Include [ot]*',
);

/** Config files by name; `config` is the one that ssh is told of. */
const configs = fc
  .record({
    config: fc.tuple(lines(8), include, lines(5)).map(([a, b, c]) => [...a, b, ...c]),
    one: fc.tuple(lines(4), fc.constantFrom('Include two', '')).map(([a, b]) => [...a, b]),
    two: lines(4),
  })
  .map((files) => Object.entries(files).map(([file, text]) => [file, `${text.join('\n')}\n`] as const));

test('what is read of a config is what ssh -G says, whatever the config', async () => {
  const found = await findProgram('ssh');
  const localUser = userInfo().username;
  fc.assert(
    fc.property(configs, name, fc.option(fc.constantFrom('ops', 'root')), (files, destination, user) => {
      for (const [file, text] of files)
        writeFileSync(
          join(folder, file),
          text.replace(/Include (.*)/g, (_, of) => `Include ${absolute(of)}`),
        );
      const path = join(folder, 'config');
      const said = askSsh(found, ['-F', path, ...(user === null ? [] : ['-l', user]), destination]);
      const config = readSshConfig([{ path, folder }], '/home/op', readText);
      const known = configuredHost(config, { destination, localUser, ...(user === null ? {} : { user }) });
      const one = (keyword: string) => said.get(keyword)?.[0];
      expect({
        hostname: known.hostName ?? destination.toLowerCase(),
        port: String(known.port ?? 22),
        user: user ?? known.user ?? localUser,
        identityfile: known.identityFiles.length > 0 ? known.identityFiles : said.get('identityfile'),
        identitiesonly: known.identitiesOnly ? 'yes' : 'no',
        identityagent:
          known.identityAgent === undefined ? undefined : expandHome(known.identityAgent, homedir()),
        proxyjump: known.proxyJump?.toLowerCase() === 'none' ? undefined : known.proxyJump,
        proxycommand: known.proxyCommand === 'none' ? undefined : known.proxyCommand,
        hostkeyalias: known.hostKeyAlias,
        connecttimeout: known.connectTimeoutMs === undefined ? 'none' : String(known.connectTimeoutMs / 1000),
        userknownhostsfile: known.userKnownHostsFiles?.map((path) => expandHome(path, homedir())).join(' '),
        globalknownhostsfile: known.globalKnownHostsFiles?.join(' '),
      }).toEqual({
        hostname: one('hostname'),
        port: one('port'),
        user: one('user'),
        identityfile: said.get('identityfile'),
        identitiesonly: one('identitiesonly'),
        identityagent: one('identityagent'),
        proxyjump: one('proxyjump'),
        proxycommand: one('proxycommand'),
        hostkeyalias: one('hostkeyalias'),
        connecttimeout: one('connecttimeout'),
        userknownhostsfile: known.userKnownHostsFiles === undefined ? undefined : one('userknownhostsfile'),
        globalknownhostsfile:
          known.globalKnownHostsFiles === undefined ? undefined : one('globalknownhostsfile'),
      });
    }),
    { numRuns: Number(process.env.SSH_CONFIGS ?? 60) },
  );
});

function absolute(patterns: string): string {
  return patterns
    .split(' ')
    .map((one) => (one.startsWith('"') ? `"${folder}/${one.slice(1)}` : `${folder}/${one}`))
    .join(' ');
}

/** Every value of every keyword that `ssh -G` prints. */
function askSsh(
  ssh: { readonly path: string; readonly libraryPath?: string },
  args: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const out = execFileSync(ssh.path, ['-G', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: ssh.libraryPath === undefined ? process.env : { ...process.env, LD_LIBRARY_PATH: ssh.libraryPath },
  });
  const said = new Map<string, string[]>();
  for (const line of out.split('\n')) {
    const at = line.indexOf(' ');
    if (at < 1) continue;
    const keyword = line.slice(0, at);
    said.set(keyword, [...(said.get(keyword) ?? []), line.slice(at + 1)]);
  }
  return said;
}
