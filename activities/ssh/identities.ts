import { readFileSync } from 'node:fs';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import type { Endpoint } from './endpoint.ts';
import { FileCache } from './fileCache.ts';

/** What will be offered to a host, in order, and how it went, for the sentence that follows a refusal. */
export type Identities = {
  readonly methods: readonly AnyAuthMethod[];
  /** `key ~/.ssh/id_ed25519, 2 keys of the agent`; known fully once the methods have been tried. */
  offered(): readonly string[];
  /** What was not offered and why, each with what to do. */
  readonly notes: readonly string[];
};

type KeyFile =
  | { readonly is: 'key'; readonly key: ParsedKey }
  | { readonly is: 'encrypted' | 'not_a_key' | 'unreadable' | 'missing' };

/** Key files as read before; one for each pool. */
export type KeyFiles = FileCache<KeyFile>;

export function keyFiles(): KeyFiles {
  return new FileCache(parseKeyFile);
}

/**
 * Named keys first, then the agent's, then the default files: unlike OpenSSH, which offers all of an agent's keys
 * before a named file that is not in it, and so runs into sshd's MaxAuthTries (6).
 */
export function identitiesFor(endpoint: Endpoint, files: KeyFiles): Identities {
  const username = endpoint.user;
  const notes: string[] = [];
  const offered: string[] = [];
  const fromFiles: ParsedKey[] = [];
  const forAgent: ParsedKey[] = [];

  const fileMethods = (paths: readonly string[], named: boolean): readonly AnyAuthMethod[] =>
    paths.flatMap((path): AnyAuthMethod[] => {
      const file = open(files, path);
      if (file.is === 'key' && file.key.isPrivateKey()) {
        fromFiles.push(file.key);
        offered.push(`the key ${path}`);
        return [{ type: 'publickey', username, key: file.key }];
      }
      const half = file.is === 'key' ? file.key : publicHalf(path);
      if (half !== undefined) forAgent.push(half);
      if (file.is === 'encrypted') notes.push(`${path} is encrypted: add it to an agent (ssh-add ${path})`);
      else if (named && file.is === 'missing' && half === undefined) notes.push(`${path} does not exist`);
      else if (file.is === 'unreadable') notes.push(`${path} may not be read by this worker`);
      else if (file.is === 'not_a_key') notes.push(`${path} is not a private key that can be read here`);
      return [];
    });

  const named = fileMethods(endpoint.identityFiles, true);
  const defaults = fileMethods(endpoint.defaultIdentityFiles, false);
  const methods = [...named];
  if (endpoint.agentSocket !== undefined) {
    const agent = new SelectedAgent(endpoint.agentSocket, {
      first: forAgent,
      without: fromFiles,
      only: endpoint.identitiesOnly,
      listed: (count) => offered.push(count === 1 ? '1 key of the agent' : `${count} keys of the agent`),
      silent: () => notes.push(`the agent at ${endpoint.agentSocket} does not answer`),
    });
    methods.push({ type: 'agent', username, agent });
  }
  methods.push(...defaults);
  return { methods, offered: () => offered, notes };
}

type Selection = {
  readonly first: readonly ParsedKey[];
  readonly without: readonly ParsedKey[];
  readonly only: boolean;
  readonly listed: (count: number) => void;
  readonly silent: () => void;
};

/** An agent that offers the named keys first and, with IdentitiesOnly, nothing else. */
class SelectedAgent extends ssh2.OpenSSHAgent {
  readonly #selection: Selection;

  constructor(socket: string, selection: Selection) {
    super(socket);
    this.#selection = selection;
  }

  override getIdentities(answer: (error?: Error, keys?: ParsedKey[]) => void): void {
    const { first, without, only, listed, silent } = this.#selection;
    super.getIdentities((error, entries) => {
      if (entries === undefined) {
        silent();
        answer(error ?? new Error('The agent gave no keys'));
        return;
      }
      const keys = entries.filter((entry): entry is ParsedKey => 'getPublicSSH' in entry);
      const is = (key: ParsedKey) => (other: ParsedKey) => key.getPublicSSH().equals(other.getPublicSSH());
      const fresh = keys.filter((key) => !without.some(is(key)));
      const wanted = fresh.filter((key) => first.some(is(key)));
      const chosen = only ? wanted : [...wanted, ...fresh.filter((key) => !wanted.includes(key))];
      listed(chosen.length);
      answer(undefined, chosen);
    });
  }
}

function open(files: KeyFiles, path: string): KeyFile {
  const read = files.get(path);
  if (read.ok) return read.value;
  return { is: read.code === 'ENOENT' ? 'missing' : 'unreadable' };
}

function parseKeyFile(text: string): KeyFile {
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error)) {
    const key: ParsedKey | undefined = [parsed].flat()[0];
    return key === undefined ? { is: 'not_a_key' } : { is: 'key', key };
  }
  return { is: /encrypted/i.test(parsed.message) ? 'encrypted' : 'not_a_key' };
}

/** `FILE.pub` names a key whose private half only the agent holds. */
function publicHalf(path: string): ParsedKey | undefined {
  try {
    const file = parseKeyFile(readFileSync(`${path}.pub`, 'utf8'));
    return file.is === 'key' ? file.key : undefined;
  } catch {
    return undefined;
  }
}
