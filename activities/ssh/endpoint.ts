import { join } from 'node:path';
import { jumpOfCommand } from '../../inventory/ssh-config/arguments.ts';
import { type ConfiguredHost, configuredHost, isNone } from '../../inventory/ssh-config/configured.ts';
import { expandHome, type SshConfig } from '../../inventory/ssh-config/read.ts';
import type { Target } from './ssh.ts';

/** Everything that is needed to connect to one host: the plan's words, then the ssh config's, then OpenSSH's defaults. */
export type Endpoint = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Named by the inventory or the config: tried before all others. */
  readonly identityFiles: readonly string[];
  /** Tried last, and only where no file was named. */
  readonly defaultIdentityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket?: string;
  readonly pinnedKey?: string;
  /** The name under which known_hosts is asked, port included. */
  readonly knownAs: { readonly host: string; readonly port: number };
  /** The first is where a new key would be written. */
  readonly knownHostsFiles: readonly string[];
  readonly connectWithinMs?: number;
  /** Hosts on the way, nearest first. */
  readonly jumps: readonly Target[];
};

/** What the worker's own machine adds. */
export type Surroundings = {
  readonly config: SshConfig;
  readonly home: string;
  readonly user: string;
  readonly env: { readonly [name: string]: string | undefined };
};

export type Resolved =
  | { readonly ok: true; readonly endpoint: Endpoint }
  | { readonly ok: false; readonly says: string };

/**
 * The config is asked for the host as if `ssh DESTINATION` had been typed: the name by which it knows the host, else its
 * address. What the inventory says wins.
 */
export function resolveEndpoint(target: Target, around: Surroundings): Resolved {
  const destination = target.ssh.destination ?? target.address;
  const configured = configuredHost(around.config, {
    destination,
    user: target.user,
    localUser: around.user,
  });
  const host = configured.hostName ?? target.address;
  const said = target.ssh.ownPort === true || target.port !== 22;
  const port = said ? target.port : (configured.port ?? 22);
  const proxyJump = jumpsOf(target, configured);
  if (proxyJump === undefined) {
    return {
      ok: false,
      says: `${target.name} (${target.user}@${host}:${port}): the ssh config reaches it by a ProxyCommand, and no command is run to connect. Say ProxyJump there, or holdfast_proxy_jump in the inventory.`,
    };
  }
  const written = replaceTokens(proxyJump, {
    '%': '%',
    h: host,
    n: destination,
    p: String(port),
    r: target.user,
  });
  const jumps = parseJumps(written, around);
  if (jumps === undefined) {
    return {
      ok: false,
      says: `${target.name} (${target.user}@${host}:${port}): "${written}" is not a list of jump hosts. Write [USER@]HOST[:PORT], several separated by commas.`,
    };
  }
  const expand = (path: string): string => expandPath(path, { ...around, target, destination, host, port });
  const named = target.ssh.identityFile === undefined ? configured.identityFiles : [target.ssh.identityFile];
  const agentSocket = agentOf(configured, around.env, expand);
  return {
    ok: true,
    endpoint: {
      name: target.name,
      host,
      port,
      user: target.user,
      identityFiles: named.filter((path) => !isNone(path)).map(expand),
      defaultIdentityFiles:
        named.length > 0 ? [] : defaultIdentities.map((name) => join(around.home, '.ssh', name)),
      identitiesOnly: configured.identitiesOnly,
      ...(agentSocket === undefined ? {} : { agentSocket }),
      ...(target.ssh.hostKey === undefined ? {} : { pinnedKey: target.ssh.hostKey }),
      knownAs:
        configured.hostKeyAlias === undefined ? { host, port } : { host: configured.hostKeyAlias, port: 22 },
      knownHostsFiles: knownHostsOf(target, configured).map(expand),
      ...(configured.connectTimeoutMs === undefined ? {} : { connectWithinMs: configured.connectTimeoutMs }),
      jumps,
    },
  };
}

/** The jump hosts as they are written, `none` for none. Undefined: it is reached by a command. */
function jumpsOf(target: Target, configured: ConfiguredHost): string | undefined {
  if (target.ssh.proxyJump !== undefined) return target.ssh.proxyJump;
  if (!isNone(configured.proxyJump)) return configured.proxyJump;
  if (configured.proxyCommand === undefined || isNone(configured.proxyCommand)) return 'none';
  return jumpOfCommand(configured.proxyCommand);
}

/**
 * `[user@]host[:port]`, several by commas, also as `ssh://…`; `none` is none. Who logs in where it is not said is the config's
 * affair, as it is for any other host. Undefined: not understood.
 */
export function parseJumps(
  text: string,
  around: Pick<Surroundings, 'config' | 'user'>,
): readonly Target[] | undefined {
  if (text.trim() === '' || isNone(text.trim())) return [];
  const jumps: Target[] = [];
  for (const part of text.split(',')) {
    const found = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(?:\[([^\]\s]+)\]|([^:@\s[\]]+))(?::(\d{1,5}))?$/.exec(
      part.trim(),
    );
    const host = found?.[2] ?? found?.[3];
    if (found === null || host === undefined) return undefined;
    const asked = { destination: host, localUser: around.user };
    jumps.push({
      name: host as Target['name'],
      address: host,
      port: Number(found[4] ?? 22),
      user: found[1] ?? configuredHost(around.config, asked).user ?? around.user,
      ssh: found[4] === '22' ? { ownPort: true } : {},
    });
  }
  return jumps;
}

/** ssh_config(5), IdentityFile; without the kinds that need a security key, which ssh2 cannot ask. */
const defaultIdentities = ['id_rsa', 'id_ecdsa', 'id_ed25519'];

function knownHostsOf(target: Target, configured: ConfiguredHost): readonly string[] {
  if (target.ssh.knownHostsFile !== undefined) return [target.ssh.knownHostsFile];
  return [
    ...(configured.userKnownHostsFiles ?? ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
    ...(configured.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
  ].filter((path) => path.toLowerCase() !== 'none');
}

function agentOf(
  configured: ConfiguredHost,
  env: Surroundings['env'],
  expand: (path: string) => string,
): string | undefined {
  const named = configured.identityAgent;
  if (named === undefined || named === 'SSH_AUTH_SOCK') return env.SSH_AUTH_SOCK || undefined;
  if (named.toLowerCase() === 'none') return undefined;
  if (named.startsWith('$') && !named.startsWith('${')) return env[named.slice(1)] || undefined;
  return expand(named);
}

/** The tokens and variables of ssh_config(5), as far as they mean something here; others stay as they are. */
function expandPath(
  path: string,
  known: Surroundings & {
    readonly target: Target;
    readonly destination: string;
    readonly host: string;
    readonly port: number;
  },
): string {
  const withVariables = expandHome(path, known.home).replace(
    /\$\{(\w+)\}/g,
    (whole, name: string) => known.env[name] ?? whole,
  );
  return replaceTokens(withVariables, {
    '%': '%',
    d: known.home,
    h: known.host,
    k: known.host,
    n: known.destination,
    p: String(known.port),
    r: known.target.user,
    u: known.user,
  });
}

function replaceTokens(text: string, tokens: { readonly [letter: string]: string }): string {
  return text.replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
}
