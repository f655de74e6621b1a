import { globSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { type Line, parse, type SSHConfig } from 'ssh-config';

/** What an ssh config says of one destination, as far as it is used here. Lists in the order they are tried. */
export type ConfiguredHost = {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles: readonly string[];
  readonly identityAgent?: string;
  readonly identitiesOnly: boolean;
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  readonly hostKeyAlias?: string;
  readonly connectTimeoutMs?: number;
};

/** Gives the text of a file, or nothing where there is none. */
export type ReadText = (path: string) => string | undefined;

/**
 * The ssh configs of a machine, read as ssh_config(5) says: the user's file, then the system's; the first value
 * wins; `Include` is followed. `Match exec` blocks are passed over, as a worker runs nobody's command to connect.
 */
export function readSshConfig(
  files: readonly { readonly path: string; readonly folder: string }[],
  home: string,
  read: ReadText,
): SSHConfig {
  const all = parse('');
  for (const { path, folder } of files) {
    const text = read(path);
    if (text !== undefined) all.push(...expand(parse(text), { folder, home, read, depth: 0 }));
  }
  return all;
}

/** What the config says of a destination as it would be typed after `ssh`. */
export function configuredHost(config: SSHConfig, destination: string, user: string): ConfiguredHost {
  const found = config.compute({ Host: destination, User: user }, { ignoreCase: true, matchExec: false });
  const one = (name: string): string | undefined => [found[name] ?? []].flat()[0];
  const many = (name: string): readonly string[] | undefined =>
    found[name] === undefined ? undefined : [found[name]].flat().flatMap(words);
  const port = Number(one('port'));
  const timeout = Number(one('connecttimeout'));
  return {
    ...optional('hostName', one('hostname')),
    ...optional('port', Number.isInteger(port) && port > 0 ? port : undefined),
    ...optional('user', configuredUser(config, destination)),
    identityFiles: [found.identityfile ?? []].flat(),
    ...optional('identityAgent', one('identityagent')),
    identitiesOnly: one('identitiesonly')?.toLowerCase() === 'yes',
    ...optional('proxyJump', one('proxyjump')),
    ...optional('proxyCommand', [found.proxycommand ?? []].flat().join(' ') || undefined),
    ...optional('userKnownHostsFiles', many('userknownhostsfile')),
    ...optional('globalKnownHostsFiles', many('globalknownhostsfile')),
    ...optional('hostKeyAlias', one('hostkeyalias')),
    ...optional('connectTimeoutMs', timeout > 0 ? timeout * 1000 : undefined),
  };
}

/** The user that the config alone would choose: asked apart, as a user given beforehand always wins. */
function configuredUser(config: SSHConfig, destination: string): string | undefined {
  const user = config.compute(destination, { ignoreCase: true, matchExec: false }).user;
  return [user ?? []].flat()[0];
}

type Reading = {
  readonly folder: string;
  readonly home: string;
  readonly read: ReadText;
  readonly depth: number;
};

/** OpenSSH follows 16 levels of Include. An Include inside a block counts only while the block applies. */
function expand(lines: readonly Line[], reading: Reading): Line[] {
  return lines.flatMap((line): Line[] => {
    if (!('param' in line)) return [line];
    if ('config' in line) {
      const inner = expand(line.config, reading).filter((held) => !('config' in held));
      line.config.splice(0, line.config.length, ...inner);
      return [line];
    }
    if (line.param.toLowerCase() !== 'include') return [line];
    return included(line.value, reading);
  });
}

function included(value: string | readonly { readonly val: string }[], reading: Reading): Line[] {
  if (reading.depth >= 16) return [];
  const patterns = typeof value === 'string' ? [value] : value.map(({ val }) => val);
  return patterns
    .map((pattern) => expandHome(pattern, reading.home))
    .map((pattern) => (isAbsolute(pattern) ? pattern : join(reading.folder, pattern)))
    .flatMap((pattern) => (/[*?[]/.test(pattern) ? globSync(pattern).sort() : [pattern]))
    .flatMap((path) => {
      const text = reading.read(path);
      return text === undefined ? [] : expand(parse(text), { ...reading, depth: reading.depth + 1 });
    });
}

export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
