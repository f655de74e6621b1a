import type { Endpoint } from './endpoint.ts';
import { failure, label, type Place } from './failures.ts';
import type { FileCache } from './fileCache.ts';
import {
  fingerprint,
  judge,
  type KnownHosts,
  type KnownKey,
  keyType,
  knownHostsName,
  parsePinnedKey,
} from './knownHosts.ts';
import type { SshFailure } from './ssh.ts';

/** Decides about the key that a host shows. Made before the connection, as the algorithms depend on what is known. */
export type HostKeyCheck = {
  /** Host key algorithms, those of known keys first: else a host could seem changed by showing another of its keys. */
  readonly algorithms: readonly HostKeyAlgorithm[];
  /** Undefined: it is the right host. */
  judge(blob: Uint8Array): SshFailure | undefined;
};

const allAlgorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;

type HostKeyAlgorithm = (typeof allAlgorithms)[number];

export function hostKeyCheck(endpoint: Endpoint, place: Place, files: FileCache<KnownHosts>): HostKeyCheck {
  if (endpoint.pinnedKey !== undefined) return pinnedCheck(endpoint.pinnedKey, place);
  const read = endpoint.knownHostsFiles.flatMap((path) => {
    const file = files.get(path);
    return file.ok ? [file.value] : [];
  });
  const { host, port } = endpoint.knownAs;
  const name = knownHostsName(host, port);
  const linesFor = (wanted: string): readonly KnownKey[] => read.flatMap((file) => file.linesFor(wanted));
  const lines = linesFor(name);
  // OpenSSH takes a key that is known without the port, too; it never takes that line for a changed key.
  const withoutPort =
    port === 22 || lines.some((line) => line.marker === undefined) ? [] : linesFor(knownHostsName(host, 22));
  return {
    algorithms: ordered([...lines, ...withoutPort].filter((line) => line.marker === undefined)),
    judge: (blob) => {
      const shown = { type: keyType(blob), key: Buffer.from(blob).toString('base64') };
      const verdict = judge(lines, shown.type, shown.key);
      const fallback = verdict.is === 'unknown' ? judge(withoutPort, shown.type, shown.key) : verdict;
      switch (fallback.is) {
        case 'known':
          return undefined;
        case 'revoked':
          return revoked(place, fallback.by);
        case 'changed':
        case 'unknown':
          return verdict.is === 'changed'
            ? changed(place, name, verdict.was, shown)
            : unknown(place, name, endpoint.knownHostsFiles[0] ?? '~/.ssh/known_hosts', shown, lines);
      }
    },
  };
}

type Shown = { readonly type: string; readonly key: string };

function pinnedCheck(pinned: string, place: Place): HostKeyCheck {
  const expected = parsePinnedKey(pinned);
  return {
    algorithms: ordered(expected === undefined ? [] : [expected]),
    judge: (blob) => {
      const shown = { type: keyType(blob), key: Buffer.from(blob).toString('base64') };
      if (expected === undefined) {
        return failure(
          'host_key_unknown',
          false,
          `${label(place)}: the host key pinned in the inventory is not a key. Write it as TYPE BASE64; the host shows ${shown.type} ${fingerprint(shown.key)}.`,
        );
      }
      if (expected.key === shown.key) return undefined;
      return failure(
        'host_key_changed',
        false,
        `${label(place)}: it shows ${shown.type} ${fingerprint(shown.key)}, but the inventory pins ${expected.type} ${fingerprint(expected.key)}. Find out why before you change hostKey in the inventory: somebody may stand in between.`,
      );
    },
  };
}

function unknown(
  place: Place,
  name: string,
  file: string,
  shown: Shown,
  lines: readonly KnownKey[],
): SshFailure {
  const others = [...new Set(lines.filter((line) => line.marker === undefined).map((line) => line.type))];
  const besides = others.length === 0 ? '' : ` (known of it: ${others.join(', ')})`;
  return failure(
    'host_key_unknown',
    false,
    `${label(place)}: its host key is not known${besides}. It shows ${shown.type} ${fingerprint(shown.key)}. Compare that with what \`ssh-keygen -lf\` says of its /etc/ssh/ssh_host_*_key.pub on the host itself; if it is the same, accept it with: echo '${name} ${shown.type} ${shown.key}' >> ${file}`,
  );
}

function changed(place: Place, name: string, was: KnownKey, shown: Shown): SshFailure {
  return failure(
    'host_key_changed',
    false,
    `${label(place)}: its host key has changed: it shows ${shown.type} ${fingerprint(shown.key)}, but ${was.file}:${was.line} has ${fingerprint(was.key)}. Somebody may stand in between, or the host was installed anew. If it was, forget the old key with: ssh-keygen -R '${name}' -f ${was.file}`,
  );
}

function revoked(place: Place, by: KnownKey): SshFailure {
  return failure(
    'host_key_changed',
    false,
    `${label(place)}: it shows the key ${fingerprint(by.key)}, which ${by.file}:${by.line} marks as revoked. Give the host a new key, and don't use this one.`,
  );
}

function ordered(known: readonly { readonly type: string }[]): readonly HostKeyAlgorithm[] {
  const types = new Set(known.map((line) => line.type));
  const first = allAlgorithms.filter((name) => types.has(name.startsWith('rsa-') ? 'ssh-rsa' : name));
  return [...first, ...allAlgorithms.filter((name) => !first.includes(name))];
}
