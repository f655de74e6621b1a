import { createHash } from 'node:crypto';
import { type HashedName, isHashed, parseHashedName } from './hashedName.ts';

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). `key` is the key blob in base64. */
export type KnownKey = {
  readonly hosts: string;
  readonly marker?: 'revoked' | 'cert-authority';
  readonly type: string;
  readonly key: string;
  readonly file: string;
  readonly line: number;
};

/** The lines of a file, those that speak of a name. A line that makes no sense is left out, as OpenSSH does. */
export type KnownHosts = { linesFor(name: string): readonly KnownKey[] };

export type HostKeyVerdict =
  | { readonly is: 'known' }
  | { readonly is: 'revoked'; readonly by: KnownKey }
  | { readonly is: 'changed'; readonly was: KnownKey }
  | { readonly is: 'unknown'; readonly otherTypes: readonly KnownKey[] };

export function parseKnownHosts(text: string, file: string): KnownHosts {
  const plain = new Map<string, KnownKey[]>();
  const patterns: KnownKey[] = [];
  const hashed: { readonly name: HashedName; readonly known: KnownKey }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const known = parseLine(line, file, index + 1);
    if (known === undefined) continue;
    if (known.hosts.startsWith('|')) {
      const name = parseHashedName(known.hosts);
      if (name !== undefined) hashed.push({ name, known });
      continue;
    }
    if (/[*?!]/.test(known.hosts)) {
      patterns.push(known);
      continue;
    }
    for (const host of known.hosts.toLowerCase().split(',')) {
      const there = plain.get(host);
      if (there === undefined) plain.set(host, [known]);
      else there.push(known);
    }
  }
  // Hashed names have no index: each costs two digests. A worker asks for the same hosts again and again.
  const asked = new Map<string, readonly KnownKey[]>();
  return {
    linesFor: (name) => {
      const before = asked.get(name);
      if (before !== undefined) return before;
      const lines = [
        ...(plain.get(name) ?? []),
        ...patterns.filter((known) => matchesPattern(known.hosts, name)),
        ...hashed.filter((line) => isHashed(line.name, name)).map((line) => line.known),
      ];
      asked.set(name, lines);
      return lines;
    },
  };
}

/** A key as an inventory pins it: `ssh-ed25519 AAAA…`, with or without a comment. */
export function parsePinnedKey(text: string): { readonly type: string; readonly key: string } | undefined {
  const [type, key] = text.trim().split(/\s+/);
  if (type === undefined || key === undefined || !isKeyOf(type, key)) return undefined;
  return { type, key };
}

/** How known_hosts writes a host: `[name]:port` unless the port is 22. */
export function knownHostsName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

/**
 * As OpenSSH decides: a revoked key never, an equal key yes, another key of the same type means that it changed,
 * anything else is unknown. Certificate authorities are passed over, as certificates are not supported.
 */
export function judge(lines: readonly KnownKey[], type: string, key: string): HostKeyVerdict {
  const revoked = lines.find((line) => line.marker === 'revoked' && line.key === key);
  if (revoked !== undefined) return { is: 'revoked', by: revoked };
  const trusted = lines.filter((line) => line.marker === undefined);
  if (trusted.some((line) => line.key === key)) return { is: 'known' };
  const was = trusted.find((line) => line.type === type);
  if (was !== undefined) return { is: 'changed', was };
  return { is: 'unknown', otherTypes: trusted };
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(key: string): string {
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}

/** The type stands in the blob itself: a length of four bytes, then the name. */
export function keyType(blob: Uint8Array): string {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  if (bytes.length < 4) return '';
  return bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0));
}

function parseLine(line: string, file: string, number: number): KnownKey | undefined {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
  const [hosts, type, key] = fields;
  if (hosts === undefined || hosts === '' || hosts.startsWith('#')) return undefined;
  if (type === undefined || key === undefined || !isKeyOf(type, key)) return undefined;
  const place = { hosts, type, key, file, line: number };
  if (marker === undefined) return place;
  if (marker === '@revoked') return { ...place, marker: 'revoked' };
  if (marker === '@cert-authority') return { ...place, marker: 'cert-authority' };
  return undefined;
}

function isKeyOf(type: string, key: string): boolean {
  return keyType(Buffer.from(key, 'base64')) === type;
}

function matchesPattern(hosts: string, name: string): boolean {
  let found = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
