import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import type { FoundSecret } from '../rounds/context.ts';
import { memberText } from './sources.ts';

const answerMs = 10_000;

/**
 * A key of a secret in HashiCorp Vault's key/value engine, version 2: `GET /v1/MOUNT/data/PATH`, whose answer holds the newest version
 * under `data.data` (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). The first part of `path` is the mount.
 * Where Vault is and who asks is in the worker's environment as Vault's own programs read it: `VAULT_ADDR`, `VAULT_TOKEN` or
 * `~/.vault-token`, `VAULT_NAMESPACE`.
 */
export async function fromVault(path: string, key: string, env: NodeJS.ProcessEnv): Promise<FoundSecret> {
  const address = env.VAULT_ADDR?.replace(/\/+$/, '');
  if (!address)
    return {
      ok: false,
      says: 'The worker does not know where Vault is. Set VAULT_ADDR where it is started.',
    };
  const token =
    env.VAULT_TOKEN ?? (await readFile(join(homedir(), '.vault-token'), 'utf8').catch(() => '')).trim();
  if (!token)
    return { ok: false, says: 'The worker has no token for Vault. Set VAULT_TOKEN, or log in as its user.' };
  const [mount = '', ...rest] = path.split('/').map(encodeURIComponent);
  const url = `${address}/v1/${mount}/data/${rest.join('/')}`;
  try {
    const answer = await request(url, {
      headers: {
        'x-vault-token': token,
        'x-vault-request': 'true',
        ...(env.VAULT_NAMESPACE ? { 'x-vault-namespace': env.VAULT_NAMESPACE } : {}),
      },
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
    });
    const body: unknown = await answer.body.json().catch(() => undefined);
    return readAnswer(answer.statusCode, body, path, key);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, transient: true, says: `Vault at ${address} did not answer (${why}).` };
  }
}

function readAnswer(status: number, body: unknown, path: string, key: string): FoundSecret {
  switch (true) {
    case status === 200: {
      const data = member(member(body, 'data'), 'data');
      const value = memberText(data, key);
      if (value !== undefined) return { ok: true, value };
      return { ok: false, says: `Vault's ${path} has no ${key}.` };
    }
    case status === 403:
      return { ok: false, says: `Vault does not let the worker's token read ${path}.` };
    case status === 404:
      return {
        ok: false,
        says: `Vault has no ${path}; the first part is the mount of a KV engine, version 2.`,
      };
    // Sealed, standby, overloaded: it may be over in a moment.
    case status === 429 || status >= 500:
      return { ok: false, transient: true, says: `Vault answered ${status} for ${path}.` };
    default:
      return { ok: false, says: `Vault answered ${status} for ${path}.` };
  }
}

function member(json: unknown, name: string): unknown {
  if (typeof json !== 'object' || json === null) return undefined;
  return (json as Readonly<Record<string, unknown>>)[name];
}
