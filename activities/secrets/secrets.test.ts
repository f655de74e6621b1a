import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formsOf, shortestMasked } from './forms.ts';
import { maskingOf } from './masking.ts';
import { createSecrets, type Secrets } from './secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function secretsIn(env: NodeJS.ProcessEnv, now: () => number = () => 0): Secrets {
  return createSecrets({ env, now });
}

describe('a secret is found', () => {
  test('in the environment of the worker', async () => {
    const secrets = secretsIn({ TOKEN: 's3cret-t0ken' });
    expect(await secrets.find('env:TOKEN')).toEqual({ ok: true, value: 's3cret-t0ken' });
    expect(await secrets.find('env:OTHER')).toMatchObject({ ok: false });
  });

  test('in a file for its owner alone, without its last line break', async () => {
    const path = join(folder, 'token');
    await writeFile(path, 's3cret\n', { mode: 0o600 });
    expect(await secretsIn({}).find(`file:${path}`)).toEqual({ ok: true, value: 's3cret' });
    await chmod(path, 0o640);
    expect(await secretsIn({}).find(`file:${path}`)).toMatchObject({
      ok: false,
      says: expect.stringContaining(`chmod 600 ${path}`),
    });
  });

  test('by the program sops, under a path with dots', async () => {
    const path = join(folder, 'sops');
    await writeFile(
      path,
      '#!/bin/sh\n[ "$*" = "--decrypt --output-type json f.yaml" ] && echo \'{"db":{"pass":"abcd"}}\'\n',
    );
    await chmod(path, 0o755);
    const secrets = secretsIn({ PATH: `${folder}:${process.env.PATH}` });
    expect(await secrets.find('sops:f.yaml#db.pass')).toEqual({ ok: true, value: 'abcd' });
    expect(await secrets.find('sops:f.yaml#db.user')).toEqual({ ok: false, says: 'f.yaml has no db.user.' });
    expect(await secretsIn({ PATH: folder.concat('/none') }).find('sops:f.yaml#x')).toMatchObject({
      ok: false,
      says: expect.stringContaining('no program sops'),
    });
  });

  test('anew after a while, and what was found before stays masked', async () => {
    let now = 0;
    const env = { TOKEN: 'first-value' };
    const secrets = secretsIn(env, () => now);
    await secrets.find('env:TOKEN');
    env.TOKEN = 'second-value';
    expect(await secrets.find('env:TOKEN')).toMatchObject({ value: 'first-value' });
    now = 60_000;
    expect(await secrets.find('env:TOKEN')).toMatchObject({ value: 'second-value' });
    expect(maskingOf(secrets.forms).text('first-value, second-value')).toBe('***********, ************');
  });
});

describe("Vault's key/value engine", () => {
  let server: Server;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    server = createServer((request, answer) => {
      if (request.headers['x-vault-token'] !== 'root')
        answer.writeHead(403).end('{"errors":["permission denied"]}');
      else if (request.url === '/v1/kv/data/etcd/prod')
        answer.end('{"data":{"data":{"password":"hunter2!"},"metadata":{"version":3}}}');
      else if (request.url === '/v1/kv/data/sealed')
        answer.writeHead(503).end('{"errors":["Vault is sealed"]}');
      else answer.writeHead(404).end('{"errors":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    env = { VAULT_ADDR: `http://127.0.0.1:${port}/`, VAULT_TOKEN: 'root' };
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  test.each([
    ['vault:kv/etcd/prod#password', { ok: true, value: 'hunter2!' }],
    ['vault:kv/etcd/prod#user', { ok: false, says: "Vault's kv/etcd/prod has no user." }],
    ['vault:kv/none#user', { ok: false, says: expect.stringContaining('Vault has no kv/none') }],
    ['vault:kv/sealed#user', { ok: false, transient: true, says: 'Vault answered 503 for kv/sealed.' }],
  ])('%s', async (reference, expected) => {
    expect(await secretsIn(env).find(reference)).toEqual(expected);
  });

  test('a token that may not read it', async () => {
    expect(await secretsIn({ ...env, VAULT_TOKEN: 'other' }).find('vault:kv/etcd/prod#password')).toEqual({
      ok: false,
      says: "Vault does not let the worker's token read kv/etcd/prod.",
    });
  });
});

describe('masks', () => {
  const secret = `p'a s"s$w/ö\\rd+&<1>`;

  test.each([
    ['as it is', secret],
    ['base64', Buffer.from(secret).toString('base64')],
    ['base64 for URLs', Buffer.from(secret).toString('base64url')],
    ['in a URL', encodeURIComponent(secret)],
    ['in a form', new URLSearchParams({ x: secret }).toString().slice(2).replaceAll('%27', "'")],
    ['in JSON', JSON.stringify(secret).slice(1, -1)],
    ['in single quotes of a shell', secret.replaceAll("'", "'\\''")],
    ['in hex', Buffer.from(secret).toString('hex')],
  ])('a secret %s', (_, shown) => {
    const masking = maskingOf(() => formsOf(secret));
    expect(masking.text(`a ${shown} b`)).toBe(`a ${'*'.repeat(Buffer.byteLength(shown))} b`);
  });

  test.each(['', 'u', 'us', 'user:'])(
    'a secret in the base64 of a text in which %s stands before it',
    (before) => {
      const encoded = Buffer.from(`${before}${secret} and more`).toString('base64');
      const masked = maskingOf(() => formsOf(secret)).text(encoded);
      const clear = [...encoded.matchAll(/./g)]
        .filter(({ index }) => masked[index] !== '*')
        .map(([at]) => at);
      // At its ends one character each is shared with what stands beside it.
      expect(encoded.length - clear.length).toBeGreaterThanOrEqual(
        Math.floor((Buffer.byteLength(secret) * 8) / 6) - 2,
      );
    },
  );

  test('leave offsets as they are, and nothing of the secret, wherever a stream is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: shortestMasked, maxLength: 20 }),
        fc.array(fc.oneof(fc.constant('SECRET'), fc.string({ maxLength: 8 })), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (secretText, parts, cuts) => {
          fc.pre(Buffer.byteLength(secretText) >= shortestMasked && !secretText.includes('*'));
          const bytes = Buffer.from(parts.map((part) => (part === 'SECRET' ? secretText : part)).join(''));
          const stream = maskingOf(() => [Buffer.from(secretText)]).stream();
          const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
          const out = Buffer.concat([
            ...at.slice(1).map((to, index) => stream.push(bytes.subarray(at[index] ?? 0, to))),
            stream.end(),
          ]);
          expect(out.length).toBe(bytes.length);
          expect(out.includes(Buffer.from(secretText))).toBe(false);
          for (const [index, byte] of out.entries()) if (byte !== 42) expect(byte).toBe(bytes[index]);
        },
      ),
    );
  });

  test('hold back only what may be the beginning of a secret', () => {
    const stream = maskingOf(() => [Buffer.from('secret')]).stream();
    expect(Buffer.from(stream.push(Buffer.from('ready\n'))).toString()).toBe('ready\n');
    expect(Buffer.from(stream.push(Buffer.from('no se'))).toString()).toBe('no ');
    expect(Buffer.from(stream.push(Buffer.from('nse'))).toString()).toBe('sen');
    expect(Buffer.from(stream.end()).toString()).toBe('se');
  });
});
