import type { ConfigLine } from './lines.ts';
import { matchCriteria, matches } from './match.ts';
import { fitsPatterns } from './patterns.ts';
import type { SshConfig } from './read.ts';

/** What an ssh config says of one destination, as far as it is used here. Paths and tokens as they are written. */
export type ConfiguredHost = {
  /** With its `%h` replaced, in small letters as ssh has it. */
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  /** In the order they are tried. */
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

/** As `ssh [-l USER] DESTINATION` would be typed by a user of this machine. */
export type Asked = { readonly destination: string; readonly user?: string; readonly localUser: string };

/** What was found, by keyword; the first value wins. */
type Found = Map<string, readonly string[]>;

/** What the configs say of a destination, by the rules of ssh_config(5); compared with `ssh -G` in configured.real.test.ts. */
export function configuredHost(config: SshConfig, asked: Asked): ConfiguredHost {
  const found: Found = new Map();
  const identityFiles: string[] = [];
  let wantsFinal = false;

  readAll(asked.destination, false);
  if (wantsFinal) {
    // What the first reading came to is settled then, also where nothing said a HostName.
    const settled = hostNameOf(found, asked.destination).toLowerCase();
    found.set('hostname', [settled.replaceAll('%', '%%')]);
    readAll(settled, true);
  }
  return hostOf(found, identityFiles, asked);

  function readAll(host: string, final: boolean): void {
    for (const file of config.files) readLines(file, true, host, final);
  }

  function readLines(lines: readonly ConfigLine[], outer: boolean, host: string, final: boolean): void {
    let active = outer;
    for (const line of lines) {
      if (line.keyword === 'host') active = outer && fitsPatterns(host, line.args);
      else if (line.keyword === 'match') active = matchesLine(line, final) && outer;
      else if (line.included !== undefined)
        for (const file of line.included) readLines(file, active, host, final);
      else if (active) take(line);
    }
  }

  function matchesLine(line: ConfigLine, final: boolean): boolean {
    const criteria = matchCriteria(line.args);
    if (criteria.some(({ name }) => name === 'final')) wantsFinal = true;
    return matches(criteria, {
      destination: asked.destination,
      hostName: hostNameOf(found, asked.destination),
      user: asked.user ?? found.get('user')?.[0] ?? asked.localUser,
      localUser: asked.localUser,
      tag: found.get('tag')?.[0] ?? '',
      final,
    });
  }

  function take({ keyword, args, rest }: ConfigLine): void {
    const [first] = args;
    if (first === undefined) return;
    if (keyword === 'identityfile') {
      if (!identityFiles.includes(first)) identityFiles.push(first);
    } else if (keyword === 'proxycommand') {
      if (isNone(found.get('proxyjump')?.[0])) keep(keyword, [rest]);
    } else if (keyword === 'proxyjump') {
      if (isNone(first) || !found.has('proxycommand')) keep(keyword, args);
    } else if (keyword !== 'connecttimeout' || !isNone(first)) keep(keyword, args);
  }

  function keep(keyword: string, values: readonly string[]): void {
    if (!found.has(keyword)) found.set(keyword, values);
  }
}

/** Whether a value says that there shall be none, or was not said at all. */
export function isNone(value: string | undefined): boolean {
  return value === undefined || value.toLowerCase() === 'none';
}

function hostNameOf(found: Found, destination: string): string {
  const written = found.get('hostname')?.[0];
  return written === undefined
    ? destination
    : written.replace(
        /%(.)/g,
        (token, letter) => ({ h: destination, '%': '%' })[letter as 'h' | '%'] ?? token,
      );
}

function hostOf(found: Found, identityFiles: readonly string[], asked: Asked): ConfiguredHost {
  const one = (name: string): string | undefined => found.get(name)?.[0];
  const port = Number(one('port'));
  return {
    ...optional(
      'hostName',
      found.has('hostname') ? hostNameOf(found, asked.destination).toLowerCase() : undefined,
    ),
    ...optional('port', Number.isInteger(port) && port > 0 ? port : undefined),
    ...optional('user', one('user')),
    identityFiles,
    ...optional('identityAgent', one('identityagent')),
    identitiesOnly: /^(yes|true)$/i.test(one('identitiesonly') ?? ''),
    ...optional('proxyJump', one('proxyjump')),
    ...optional('proxyCommand', one('proxycommand')),
    ...optional('userKnownHostsFiles', found.get('userknownhostsfile')),
    ...optional('globalKnownHostsFiles', found.get('globalknownhostsfile')),
    ...optional('hostKeyAlias', one('hostkeyalias')?.toLowerCase()),
    ...optional('connectTimeoutMs', timeMs(one('connecttimeout'))),
  };
}

const SECONDS: { readonly [unit: string]: number } = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** sshd_config(5), TIME FORMATS: `90`, `1m30s`. Undefined where there is none. */
function timeMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d{1,6}[smhdw]?)+$/i.test(text)) return undefined;
  const parts = [...text.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  const seconds = parts.reduce((sum, [, n, unit = '']) => sum + Number(n) * (SECONDS[unit] ?? 0), 0);
  return seconds > 0 ? seconds * 1000 : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}
