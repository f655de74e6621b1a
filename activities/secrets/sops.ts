import { execFile } from 'node:child_process';
import type { FoundSecret } from '../rounds/context.ts';
import { memberText } from './sources.ts';

const decryptMs = 20_000;
const mostBytes = 16 * 1024 * 1024;

/**
 * A value in a file that `sops` encrypted (with age, PGP or a cloud's keys): decrypted by that program, which the worker must have,
 * with the keys that it finds in the worker's environment (https://getsops.io/docs/).
 */
export function fromSops(file: string, key: string, env: NodeJS.ProcessEnv): Promise<FoundSecret> {
  return new Promise((resolve) => {
    const options = { env, timeout: decryptMs, maxBuffer: mostBytes, encoding: 'utf8' } as const;
    execFile('sops', ['--decrypt', '--output-type', 'json', file], options, (error, stdout, stderr) => {
      if (error) {
        const missing = 'code' in error && error.code === 'ENOENT';
        const says = missing
          ? 'The worker has no program sops. Install it beside the worker (https://getsops.io).'
          : `sops can't decrypt ${file}: ${stderr.trim().split('\n').at(-1) ?? error.message}`;
        resolve({ ok: false, says });
        return;
      }
      const value = memberText(parsed(stdout), key);
      resolve(value === undefined ? { ok: false, says: `${file} has no ${key}.` } : { ok: true, value });
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
