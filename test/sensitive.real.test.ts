import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';
import { everythingIn } from './support/stored.ts';

/** What a script gives, and what a service gives. Not words that could stand anywhere by chance. */
const TOKEN = `t0ken'p"a$s wörd/+&`;
const DEEP = 'deep-down-canary';
const SESSION = `s3ssion'q"b$t mörd/+&`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** On the host stands the token in a file of its own, where no run ever writes. */
function runbook(url: string): string {
  const letsOut = (name: string, indent = 6) =>
    [
      `[ "$(printf %s "$${name}" | sha256sum | cut -c1-64)" = "$${name}_SHA" ]`,
      `echo "as it is: $${name}"`,
      `echo "on stderr: $${name}" >&2`,
      `printf '%s' "$${name}" | base64`,
      `printf '%s' "$${name}" | od -An -tx1 | tr -d ' \\n'`,
    ]
      .map((line) => `\n${' '.repeat(indent)}${line}`)
      .join('');
  return `
holdfast: 1
name: canary
summary: Gets what must not be seen, uses it, and lets it out in every way.
inputs: { target: { type: host, default: 'etcd[0]' } }
env: { TOKEN_SHA: ${sha256(TOKEN)}, SESSION_SHA: ${sha256(SESSION)} }
on: target
steps:
  - id: fetch
    run: |
      token=$(cat given)
      echo "fetched $token, as asked"
      echo "this too: $token" >&2
      printf '%s' "$token" | base64
      { echo "token=$token"; echo "about=it is $token"; echo "whole={\\"deep\\":[\\"$(cat deep)\\"]}"; } >>"$OUTPUT"
    outputs:
      token: { type: string, sensitive: true }
      whole: { type: "{ deep: list<string> }", sensitive: true }
      about: string
    rollback:
      env: { TOKEN: '\${{ fetch.token }}' }
      run: |${letsOut('TOKEN', 8)}
        printf %s "$TOKEN" | sha256sum >undone
  - id: login
    sensitive: true
    http:
      method: POST
      url: ${url}/login
      headers: { X-Token: '\${{ fetch.token }}' }
      json: { user: operator, token: '\${{ fetch.token }}' }
    outputs: { session: { type: string, from: json.session } }
  - id: hidden
    sensitive: true
    env: { SESSION: '\${{ login.session }}' }
    run: |
      echo "nobody reads this but the script: $SESSION"
      echo "token=$SESSION" >>"$OUTPUT"
    outputs: { token: string }
  - id: uses
    env: { TOKEN: '\${{ fetch.token }}', SESSION: '\${{ hidden.token }}' }
    run: |${letsOut('TOKEN')}${letsOut('SESSION')}
      echo "and $(cat deep)"
      echo "said=$TOKEN and $SESSION" >>"$OUTPUT"
      echo x >began
      until [ -e go ]; do sleep 0.05; done
      echo "after all: $TOKEN $SESSION $(cat deep)"
    outputs: { said: string }
  - id: again
    use: used
    with: { password: '\${{ fetch.token }}' }
  - id: sure
    approve: { ask: "Go on?", show: [fetch, uses] }
  - id: last
    env: { TOKEN: '\${{ again.same }}', SESSION: '\${{ login.session }}' }
    run: |${letsOut('TOKEN')}${letsOut('SESSION')}
      [ ! -e fails ] || { echo "failed with $TOKEN" >&2; exit 3; }
      echo x >>ended
outputs: { token: fetch.token }
report: [fetch]
`;
}

const USED = `
holdfast: 1
name: used
inputs: { password: secret }
steps: [{ id: a, set: { v: password } }]
outputs: { same: v }
`;

let house: House;
let server: Server;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, answer) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString('utf8');
    });
    request.on('end', () => {
      asked.push(String(request.headers['x-token']), body);
      answer.setHeader('content-type', 'application/json');
      answer.end(JSON.stringify({ session: SESSION }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const runbooks = { 'canary.yaml': runbook(`http://127.0.0.1:${port}`), 'used.yaml': USED };
  house = await openHouse({ net: 69, hosts: 1, runbooks });
  await onHost('cat >given', TOKEN);
  await onHost('cat >deep', DEEP);
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  server?.close();
});

async function onHost(command: string, stdin?: string): Promise<string> {
  return (await house.lab.ssh('etcd00', command, stdin)).stdout;
}

/** What people and programs are told of a run. */
async function shown(run: string): Promise<string> {
  const all = await Promise.all(
    [
      ['show', run],
      ['show', run, '-o', 'json'],
      ['show', run, '--report'],
      ['logs', run],
      ...['fetch', 'login', 'hidden', 'uses', 'last'].map((step) => ['logs', run, step]),
    ].map((args) => house.holdfast(...args)),
  );
  return all.map(({ stdout, stderr }) => stdout + stderr).join('\n');
}

function formsOf(secret: string): readonly Buffer[] {
  return [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    secret.slice(0, 9),
    secret.slice(9),
  ].map((form) => Buffer.from(form));
}
const FORMS = [...formsOf(TOKEN), ...formsOf(SESSION), Buffer.from(DEEP)];

/** What commands printed goes from the host a moment after it is recorded, or with the run. */
async function untilHostIsTidy(): Promise<void> {
  await onHost('while grep -rqs "as it is" .holdfast; do sleep 0.1; done');
}

/** In no byte of the house, which is down, nor in what was said, nor in what runs have left on the host. */
async function expectNowhere(said: string): Promise<void> {
  const left = await onHost('find .holdfast -type f -exec cat {} + 2>/dev/null; :');
  const stored = await everythingIn(house.dataDir);
  expect(stored.some((bytes) => bytes.includes('as it is: ****'))).toBe(true);
  for (const bytes of [...stored, Buffer.from(said), Buffer.from(left)])
    for (const form of FORMS) expect(bytes.includes(form), form.toString()).toBe(false);
}

async function sealedOf(run: string): Promise<readonly string[]> {
  const folder = join(house.dataDir, 'ledger.db.sealed', run);
  return readdir(folder).catch(() => []);
}

async function started(): Promise<string> {
  await onHost('rm -f began go ended fails undone');
  const run = await house.start('canary');
  await onHost('until [ -e began ]; do sleep 0.05; done');
  return run;
}

test('sensitive outputs are used and seen nowhere, by a worker that comes after the one that sealed them too', async () => {
  const run = await started();
  await house.killWorker();
  await onHost('touch go');
  await house.reaches(run, 'waiting');
  expect(asked).toEqual([TOKEN, JSON.stringify({ token: TOKEN, user: 'operator' })]);
  expect(await sealedOf(run)).not.toEqual([]);
  const said = await shown(run);
  expect(said).toContain('fetched *****');
  expect(said).toContain('and ****************');
  expect(said).toContain('hidden is sensitive: what it says is not kept.');
  const clear = await house.holdfast('skip', run, '--step', 'fetch', '--output', `token=${TOKEN}`, '-m', 'x');
  expect(clear.code).toBe(2);
  expect(clear.stderr).toContain('token is a sensitive output');

  await untilHostIsTidy();
  await house.killServer();
  await expectNowhere(said);
  await house.up();
  const approved = await house.holdfast('approve', run, '-m', 'a test');
  expect(approved.code, approved.stderr).toBe(0);
  const { outputs } = await house.reaches(run, 'succeeded');
  expect(JSON.stringify(outputs)).toMatch(/^\{"token":\{"\$secret":"sealed:[^"]+"\}\}$/);
  await until('what was sealed is erased', async () =>
    (await sealedOf(run)).length === 0 ? true : undefined,
  );
});

test('the record alone is enough to go on with them, and to undo what they were used for', async () => {
  const run = await started();
  await onHost('touch go fails');
  await house.reaches(run, 'waiting');
  await house.down();
  for (const end of ['', '-wal', '-shm', '-journal'])
    await rm(join(house.dataDir, `temporal.db${end}`), { force: true });
  await house.up();
  await house.reaches(run, 'interrupted');
  const resumed = await house.holdfast('resume', run);
  expect(resumed.code, resumed.stderr).toBe(0);
  await house.reaches(run, 'waiting');
  expect((await house.holdfast('approve', run, '-m', 'a test')).code).toBe(0);
  const { held } = await house.reaches(run, 'held');
  expect(held[0]?.why).toContain('failed with *****');
  const aborted = await house.holdfast('abort', run, '--rollback', '-m', 'a test');
  expect(aborted.code, aborted.stderr).toBe(0);
  await house.reaches(run, 'rolled_back');
  expect(await onHost('cut -c1-64 undone')).toContain(sha256(TOKEN));
  const said = await shown(run);
  await until('what was sealed is erased', async () =>
    (await sealedOf(run)).length === 0 ? true : undefined,
  );
  await untilHostIsTidy();
  await house.killServer();
  await expectNowhere(said);
});
