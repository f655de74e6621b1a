import { homedir, userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import {
  type ConfigFile,
  machineSshConfig,
  readSshConfig,
  readText,
  type SshConfig,
} from '../../inventory/ssh-config/read.ts';
import { PooledConnection } from './connection.ts';
import { dial } from './dial.ts';
import { type Endpoint, resolveEndpoint, type Surroundings } from './endpoint.ts';
import { cancelled, failure, label, type Place } from './failures.ts';
import { FileCache } from './fileCache.ts';
import { greet } from './handshake.ts';
import { hostKeyCheck } from './hostKey.ts';
import { identitiesFor, keyFiles } from './identities.ts';
import { parseKnownHosts } from './knownHosts.ts';
import { defaultSshLimits, type SshLimits } from './limits.ts';
import { Slots } from './slots.ts';
import type { Connected, SshFailure, SshPool, Target } from './ssh.ts';

export type SshPoolOptions = {
  /** Those left out have their defaults. */
  readonly limits?: Partial<SshLimits>;
  /** The home folder whose `.ssh` is read. Default: this user's. */
  readonly home?: string;
  /** The ssh configs, first value wins. Default: `~/.ssh/config`, then `/etc/ssh/ssh_config`. */
  readonly configFiles?: readonly ConfigFile[];
  /** Where SSH_AUTH_SOCK and `${…}` of the config are looked up. Default: the process's. */
  readonly env?: { readonly [name: string]: string | undefined };
};

/** More jumps than this are a circle. */
const jumpsInARow = 8;

export function createSshPool(options: SshPoolOptions = {}): SshPool {
  const limits: SshLimits = { ...defaultSshLimits, ...options.limits };
  const around = surroundings(options);
  const knownHosts = new FileCache(parseKnownHosts);
  const keys = keyFiles();
  const handshakes = new Slots(limits.handshakesAtOnce);
  const entries = new Map<string, Promise<Connected<PooledConnection>>>();
  let closed = false;

  return {
    async connect(target, signal) {
      if (closed || signal?.aborted === true) return { ok: false, failure: cancelled(placeOf(target)) };
      const connecting = shared(target, [], 0);
      return signal === undefined ? connecting : orCancelled(connecting, signal, placeOf(target));
    },
    async close() {
      closed = true;
      const all = await Promise.all(entries.values());
      for (const connected of all) if (connected.ok) connected.connection.close();
    },
  };

  /** One attempt for all who ask for the same host meanwhile; a failure is theirs together and is not kept. */
  function shared(
    target: Target,
    via: readonly Target[],
    depth: number,
  ): Promise<Connected<PooledConnection>> {
    const key = JSON.stringify([target.user, target.address, target.port, target.name, target.ssh, via]);
    const there = entries.get(key);
    if (there !== undefined) {
      return there.then((connected) => {
        if (!connected.ok || connected.connection.isOpen) {
          if (connected.ok) connected.connection.touch();
          return connected;
        }
        if (entries.get(key) === there) entries.delete(key);
        return shared(target, via, depth);
      });
    }
    const forget = () => {
      if (entries.get(key) === connecting) entries.delete(key);
    };
    const connecting = open(target, via, depth, forget).then((connected) => {
      if (!connected.ok) forget();
      else if (closed) connected.connection.close();
      return connected;
    });
    entries.set(key, connecting);
    return connecting;
  }

  async function open(
    target: Target,
    via: readonly Target[],
    depth: number,
    onClose: () => void,
  ): Promise<Connected<PooledConnection>> {
    const resolved = resolveEndpoint(target, around());
    if (!resolved.ok) return failed(failure('unresolved', false, resolved.says));
    const { endpoint } = resolved;
    const jumps = via.length > 0 ? via : endpoint.jumps;
    const last = jumps.at(-1);
    const place: Place = last === undefined ? endpoint : { ...endpoint, through: last.name };
    if (depth > jumpsInARow) {
      return failed(
        failure(
          'unresolved',
          false,
          `${label(place)}: its jump hosts lead in a circle. Look at ProxyJump in the ssh config.`,
        ),
      );
    }
    const reached =
      last === undefined
        ? await direct(endpoint, place)
        : await through(last, jumps.slice(0, -1), endpoint, depth);
    if (!reached.ok) return reached;
    return login(endpoint, place, reached.stream, onClose);
  }

  async function direct(endpoint: Endpoint, place: Place): Promise<Reached> {
    const dialled = await dial(place, {
      connectWithinMs: endpoint.connectWithinMs ?? limits.connectWithinMs,
      handshakeWithinMs: limits.handshakeWithinMs,
    });
    return dialled.ok ? { ok: true, stream: dialled.socket } : failed(dialled.failure);
  }

  async function through(
    jump: Target,
    before: readonly Target[],
    endpoint: Endpoint,
    depth: number,
  ): Promise<Reached> {
    const connected = await shared(jump, before, depth + 1);
    if (!connected.ok) {
      const { says, ...rest } = connected.failure;
      return failed({
        ...rest,
        says: `${endpoint.name} is reached through ${jump.name}, which failed. ${says}`,
      });
    }
    const forwarded = await connected.connection.forward(endpoint.host, endpoint.port);
    return forwarded.ok ? { ok: true, stream: forwarded.stream } : failed(forwarded.failure);
  }

  async function login(
    endpoint: Endpoint,
    place: Place,
    stream: Duplex,
    onClose: () => void,
  ): Promise<Connected<PooledConnection>> {
    await handshakes.take();
    try {
      const hostKey = hostKeyCheck(endpoint, place, knownHosts);
      const greeted = await greet(place, stream, hostKey, identitiesFor(endpoint, keys), limits);
      if (!greeted.ok) return failed(greeted.failure);
      return { ok: true, connection: new PooledConnection(greeted, place, limits, onClose) };
    } finally {
      handshakes.give();
    }
  }
}

type Reached =
  | { readonly ok: true; readonly stream: Duplex }
  | { readonly ok: false; readonly failure: SshFailure };

function failed(because: SshFailure): { readonly ok: false; readonly failure: SshFailure } {
  return { ok: false, failure: because };
}

function placeOf(target: Target): Place {
  return { name: target.name, user: target.user, host: target.address, port: target.port };
}

/** The config is read once for each pool, when the first host is asked for. */
function surroundings(options: SshPoolOptions): () => Surroundings {
  const home = options.home ?? homedir();
  let config: SshConfig | undefined;
  return () => {
    config ??=
      options.configFiles === undefined
        ? machineSshConfig(home)
        : readSshConfig(options.configFiles, home, readText);
    return { config, home, user: userInfo().username, env: options.env ?? process.env };
  };
}

function orCancelled(connecting: Promise<Connected>, signal: AbortSignal, place: Place): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(failed(cancelled(place)));
    signal.addEventListener('abort', onAbort, { once: true });
    connecting.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
