import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSshPool } from '../ssh/pool.ts';
import type { SshConnection } from '../ssh/ssh.ts';
import { opensshTools, startSshd, type TestSshd } from '../ssh/sshdForTest.ts';
import { performRequest } from './performRequest.ts';

const address = '127.85.4.1';
const base = `http://${address}:22870`;
let whenSeen = () => {};
const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
const servers: Server[] = [];
const pool = createSshPool({ configFiles: [], env: {} });
let sshd: TestSshd;
let via: SshConnection;
let folder: string;

const answer: RequestListener = async (request, response) => {
  let body = '';
  for await (const piece of request) body += String(piece);
  seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
  whenSeen();
  switch (request.url) {
    case '/members':
      response.setHeader('content-type', 'application/json').end('{"id":18446744073709551615,"share":0.5}');
      return;
    case '/moved':
      response.writeHead(302, { location: '/members' }).end();
      return;
    case '/packed':
      response.setHeader('content-encoding', 'gzip').end(gzipSync('x'.repeat(5000)));
      return;
    case '/large':
      response.end('x'.repeat(5000));
      return;
    case '/cut':
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setTimeout(() => response.destroy(), 20);
      return;
    case '/never':
      return;
    default:
      response.writeHead(503, { 'x-two': ['a', 'b'] }).end('busy');
  }
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'http-test-'));
  servers.push(createServer(answer).listen(22870, address));
  await listening(servers[0]);
  sshd = await startSshd('127.85.4.2', 22871);
  const connected = await pool.connect(sshd.target());
  if (!connected.ok) throw new Error(connected.failure.says);
  via = connected.connection;
});

afterAll(async () => {
  await pool.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(server: NetServer | undefined): Promise<void> {
  if (server?.listening === false) await once(server, 'listening');
}

const get = (path: string) => ({ method: 'GET', url: `${base}${path}`, headers: {} });

describe.each(['from the worker', 'through a host'])('%s', (whence) => {
  const from = () => (whence === 'through a host' ? { via } : {});

  test('an answer has status, headers, body, and JSON with exact integers', async () => {
    const got = await performRequest(get('/members'), from());
    expect(got).toMatchObject({ ok: true, status: 200, headers: { 'content-type': 'application/json' } });
    expect(got.ok && got.json).toEqual({ id: 18446744073709551615n, share: 0.5 });
  });

  test('any status is an answer; values of a header are joined', async () => {
    expect(await performRequest(get('/x'), from())).toMatchObject({
      ok: true,
      status: 503,
      body: 'busy',
      headers: { 'x-two': 'a, b' },
    });
  });

  test('a service that is not there: nothing was sent', async () => {
    const refused = await performRequest({ ...get(''), url: `http://${address}:22899/` }, from());
    expect(refused).toMatchObject({ ok: false, sent: false, transient: true });
  });

  test('a service that never answers: something was sent, and the limit is said', async () => {
    const late = await performRequest(get('/never'), { ...from(), timeoutMs: 1_500 });
    expect(late).toMatchObject({ ok: false, sent: true, transient: true });
    expect(late.ok ? '' : late.says).toContain('within 1.5 s');
  });

  test('an answer that breaks off is no answer', async () => {
    expect(await performRequest(get('/cut'), from())).toMatchObject({
      ok: false,
      sent: true,
      transient: true,
    });
  });
});

test('a redirect is an answer and is not followed', async () => {
  const before = seen.length;
  const moved = await performRequest(get('/moved'));
  expect(moved).toMatchObject({ ok: true, status: 302, headers: { location: '/members' } });
  expect(seen.length).toBe(before + 1);
});

test('json, form and text bodies, with content types that the headers may replace', async () => {
  const post = { ...get('/x'), method: 'POST' };
  await performRequest({ ...post, body: { json: '{"a":[1,null]}' } });
  await performRequest({ ...post, body: { form: { a: 'b c', d: '&' } } });
  await performRequest({ ...post, headers: { 'Content-Type': 'text/x-own' }, body: { text: 'plain' } });
  expect(seen.slice(-3).map(({ headers, body }) => [headers['content-type'], body])).toEqual([
    ['application/json', '{"a":[1,null]}'],
    ['application/x-www-form-urlencoded', 'a=b+c&d=%26'],
    ['text/x-own', 'plain'],
  ]);
});

test('an answer that is too large is a failure, packed or not', async () => {
  for (const path of ['/large', '/packed']) {
    const large = await performRequest(get(path), { maxBytes: 1000 });
    expect(large).toMatchObject({ ok: false, sent: true, transient: false });
    expect(large.ok ? '' : large.says).toContain('larger than 1000 bytes');
  }
  expect(await performRequest(get('/packed'))).toMatchObject({ ok: true, body: 'x'.repeat(5000) });
});

test('a request that is stopped says so', async () => {
  const controller = new AbortController();
  whenSeen = () => controller.abort();
  const stopped = await performRequest(get('/never'), { signal: controller.signal });
  expect(stopped).toMatchObject({ ok: false, sent: true, transient: false });
});

test('a header that HTTP does not allow is found before anything is sent', async () => {
  const bad = await performRequest({ ...get('/x'), headers: { 'x-bad': 'a\nb' } });
  expect(bad).toMatchObject({ ok: false, sent: false, transient: false });
});

test('a sentence shows no password and no query', async () => {
  const failed = await performRequest({
    ...get(''),
    url: `http://op:hidden@${address}:22899/p?token=hidden`,
  });
  expect(failed.ok ? '' : failed.says).toContain(`http://${address}:22899/p`);
  expect(failed.ok ? '' : failed.says).not.toContain('hidden');
});

test('something that speaks no HTTP is named as that', async () => {
  const other = createTcpServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(22872, address);
  await listening(other);
  const failed = await performRequest({ ...get(''), url: `http://${address}:22872/` });
  other.close();
  expect(failed.ok ? '' : failed.says).toContain('is no HTTP');
});

test('TLS is spoken through a host, and a certificate of unknown origin is refused', async () => {
  const run = await opensshTools();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=etcd', '-addext', `subjectAltName=IP:${address}`];
  run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]);
  servers.push(
    createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer).listen(22873, address),
  );
  await listening(servers.at(-1));
  const request = { ...get(''), url: `https://${address}:22873/members` };
  const refused = await performRequest(request, { via });
  expect(refused).toMatchObject({ ok: false, sent: false, transient: false });
  expect(refused.ok ? '' : refused.says).toContain('certificate is not accepted');
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(cert, 'utf8')]);
  for (const from of [{}, { via }]) {
    expect(await performRequest(request, from)).toMatchObject({ ok: true, status: 200 });
  }
});
