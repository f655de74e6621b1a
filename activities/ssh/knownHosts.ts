import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). `key` is the key blob in base64. */
export type KnownKey = {
  readonly hosts: string;
  readonly marker?: 'revoked' | 'cert-authority';
  readonly type: string;
  readonly key: string;
  readonly file: string;
  readonly line: number;
};

/** What is known of a host by its name; `null` blobs never occur: a line that makes no sense is left out. */
export type KnownHosts = {
  readonly plain: ReadonlyMap<string, readonly KnownKey[]>;
  /** Hashed names, wildcards and negations: each has to be tried. */
  readonly others: readonly KnownKey[];
};

export type HostKeyVerdict =
  | { readonly is: 'known' }
  | { readonly is: 'revoked'; readonly by: KnownKey }
  | { readonly is: 'changed'; readonly was: KnownKey }
  | { readonly is: 'unknown'; readonly otherTypes: readonly KnownKey[] };

export function parseKnownHosts(text: string, file: string): KnownHosts {
  const plain = new Map<string, KnownKey[]>();
  const others: KnownKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const known = parseLine(line, file, index + 1);
    if (known === undefined) continue;
    if (/^\||[*?!]/.test(known.hosts)) {
      others.push(known);
      continue;
    }
    for (const host of known.hosts.toLowerCase().split(',')) {
      const there = plain.get(host);
      if (there === undefined) plain.set(host, [known]);
      else there.push(known);
    }
  }
  return { plain, others };
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

/** Every line that speaks of this name, in the files' order. */
export function linesFor(files: readonly KnownHosts[], name: string): readonly KnownKey[] {
  return files.flatMap((file) => [
    ...(file.plain.get(name) ?? []),
    ...file.others.filter((known) => matches(known.hosts, name)),
  ]);
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

function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name);
  let found = false;
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!');
    if (!wildcard(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** `|1|SALT|HASH`: HMAC-SHA1 of the name, keyed with the salt. */
function matchesHash(hosts: string, name: string): boolean {
  const [, version, salt, hash] = hosts.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
