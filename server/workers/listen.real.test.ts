import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestedRun } from '../../ledger/entries.fixture.ts';
import { type OpenLedger, openLedger } from '../../ledger/open.ts';
import { httpLedger } from '../../ledger/remote/httpLedger.ts';
import { httpTransport } from '../../ledger/remote/transport.ts';
import { runCommand } from '../../toolbox/command.ts';
import { freePort } from '../embedded/freePort.ts';
import { listenForWorkers } from './listen.ts';

const log = pino({ level: 'silent' });
let folder: string;
let ledger: OpenLedger;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-door-'));
  ledger = openLedger({ path: ':memory:' });
});
afterEach(async () => {
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

const address = '127.0.0.1';
const parts = () => ({ ledger, tokenFile: join(folder, 'worker-token'), log });
const token = async () => (await readFile(join(folder, 'worker-token'), 'utf8')).trim();

test('a server that is away is said as such, and what is sent again when it is back stands once', async () => {
  const port = await freePort();
  const first = await listenForWorkers({ address, port }, parts());
  const far = httpLedger(httpTransport({ url: first.url, token: await token() }));
  await far.append([requestedRun()]);
  await first.close();
  await expect(far.append([requestedRun()])).rejects.toMatchObject({ code: 'ledger/unreachable' });
  const second = await listenForWorkers({ address, port }, parts());
  expect(await far.append([requestedRun()])).toMatchObject([{ seq: 1 }]);
  expect(await ledger.read({})).toHaveLength(1);
  await far.close();
  await second.close();
});

test('over TLS a worker that trusts the certificate is let in, and any other is not', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const made = await runCommand('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=holdfast', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert],
  ]);
  expect(made.kind, made.stderr).toBe('done');
  const door = await listenForWorkers({ address, port: 0, tls: { cert, key } }, parts());
  expect(door.url).toMatch(/^https:/);
  const ca = await readFile(cert, 'utf8');
  const far = httpLedger(httpTransport({ url: door.url, token: await token(), ca }));
  await far.greet();
  expect(await far.append([requestedRun()])).toMatchObject([{ seq: 1 }]);
  const stranger = httpLedger(httpTransport({ url: door.url, token: await token() }));
  await expect(stranger.greet()).rejects.toMatchObject({ code: 'ledger/unreachable' });
  await far.close();
  await stranger.close();
  await door.close();
});

test('a token that is named has to be there, and a port that is taken is said', async () => {
  const tokenFile = join(folder, 'given');
  await expect(listenForWorkers({ address, port: 0, tokenFile }, parts())).rejects.toMatchObject({
    code: 'up/file',
  });
  await writeFile(tokenFile, 'hf_given\n', { mode: 0o444 });
  const door = await listenForWorkers({ address, port: 0, tokenFile }, parts());
  const far = httpLedger(httpTransport({ url: door.url, token: 'hf_given' }));
  await far.greet();
  const port = Number(new URL(door.url).port);
  await expect(listenForWorkers({ address, port }, parts())).rejects.toMatchObject({ code: 'up/port-taken' });
  await far.close();
  await door.close();
});
