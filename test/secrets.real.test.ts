import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { everythingIn } from './support/stored.ts';

/** Not a word that could stand anywhere by chance. */
const CANARY = `c4nary'p"a$s wörd/+&`;

function runbook(file: string, url: string): string {
  return `
holdfast: 1
name: canary
summary: Uses a secret, and lets it out in every way.
inputs: { hosts: { type: hosts, default: etcd } }
secrets: { password: 'file:${file}' }
on: hosts
steps:
  - id: uses
    env: { PASSWORD: '\${{ secrets.password }}', RUN: '\${{ run.id }}' }
    run: |
      [ "$(printf %s "$PASSWORD" | sha256sum | cut -c1-64)" = "${SHA}" ]
      echo "as it is: $PASSWORD"
      echo "as it is, on stderr: $PASSWORD" >&2
      printf '%s' "$PASSWORD" | base64
      printf '%s' "user:$PASSWORD" | base64
      printf '%s' "$PASSWORD" | od -An -tx1 | tr -d ' \\n'
      half=$(printf %s "$PASSWORD" | cut -c1-9)
      printf '%s' "$half"; sleep 0.3; printf '%s' "\${PASSWORD#"$half"}"
      echo "said=$PASSWORD" >>"$OUTPUT"
    outputs: { said: string }
  - id: asks
    http:
      method: POST
      url: ${url}/login
      headers: { X-Password: '\${{ secrets.password }}' }
      json: { user: operator, password: '\${{ secrets.password }}' }
    effect: read
    outputs: { answer: { type: string, from: body } }
  - id: fails
    env: { PASSWORD: '\${{ secrets.password }}' }
    run: |
      echo "wrong password: $PASSWORD" >&2
      exit 3
    may_fail: true
`;
}

const SHA = await sha256(CANARY);
let house: House;
let server: Server;
let folder: string;
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-canary-'));
  const file = join(folder, 'password');
  await writeFile(file, `${CANARY}\n`, { mode: 0o600 });
  server = createServer((request, answer) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString('utf8');
    });
    request.on('end', () => {
      asked.push(String(request.headers['x-password']), body);
      answer.end(`welcome ${body}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const text = runbook(file, `http://127.0.0.1:${port}`);
  house = await openHouse({ net: 63, hosts: 1, runbooks: { 'canary.yaml': text } });
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

test('a secret reaches the script and the service, and stands nowhere in what is stored or shown', async () => {
  const { code, stdout, stderr } = await house.holdfast('run', 'canary', '--yes', '-m', 'a test');
  expect(code, stdout + stderr).toBe(0);
  expect(asked).toEqual([CANARY, JSON.stringify({ password: CANARY, user: 'operator' })]);

  const shown = [stdout, stderr];
  for (const args of [
    ['logs', '@last', 'uses'],
    ['show', '@last'],
    ['show', '@last', '-o', 'json'],
  ]) {
    const { stdout: out, stderr: err } = await house.holdfast(...args);
    shown.push(out, err);
  }
  expect(shown.join('\n')).toContain('as it is: *****');
  const left = await house.lab.ssh('etcd00', 'find .holdfast -type f -exec cat {} + 2>/dev/null; :');

  await house.killServer();
  const stored = await everythingIn(house.dataDir);
  expect(stored.some((bytes) => bytes.includes('as it is: ****'))).toBe(true);
  expect(stored.some((bytes) => bytes.includes(`file:${folder}`))).toBe(true);
  for (const bytes of [...stored, ...[...shown, left.stdout].map((text) => Buffer.from(text))])
    for (const form of FORMS) expect(bytes.includes(form)).toBe(false);
});

test('a secret that is not there fails the step before anything is sent, and says how to mend it', async () => {
  await house.up();
  await chmod(join(folder, 'password'), 0o644);
  const run = await house.start('canary');
  const view = await house.reaches(run, 'held');
  expect(view.held[0]?.why).toContain('chmod 600');
  await chmod(join(folder, 'password'), 0o600);
  expect((await house.holdfast('retry', run)).code).toBe(0);
  await house.reaches(run, 'succeeded');
});

const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString('base64'),
  Buffer.from(`user:${CANARY}`).toString('base64').slice(8, -4),
  Buffer.from(CANARY).toString('hex'),
  encodeURIComponent(CANARY),
  JSON.stringify(CANARY).slice(1, -1),
  // Of each half of what was written in two pieces.
  CANARY.slice(0, 9),
  CANARY.slice(9),
].map((form) => Buffer.from(form));

async function sha256(text: string): Promise<string> {
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(sum).toString('hex');
}
