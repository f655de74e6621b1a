import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from './command.ts';
import { kitOf } from './programs.ts';
import type { Attempt } from './way.ts';
import { fetched } from './ways/fetched.ts';
import { releaseFetcher } from './ways/release.ts';

let folder: string;
let server: Server;
let files: Record<string, Buffer>;
let url: string;

/** A release server on loopback with an archive laid out as etcd's: a folder with the programs in it. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-release-'));
  await mkdir(join(folder, 'etcd-v3.4.23'));
  await writeFile(join(folder, 'etcd-v3.4.23', 'etcd'), '#!/bin/sh\necho etcd Version: 3.4.23\n');
  await runCommand('tar', ['-czf', 'archive.tar.gz', 'etcd-v3.4.23'], { cwd: folder });
  const archive = await readFile(join(folder, 'archive.tar.gz'));
  const sum = createHash('sha256').update(archive).digest('hex');
  files = { '/archive.tar.gz': archive, '/SHA256SUMS': Buffer.from(`${sum}  archive.tar.gz\n`) };
  server = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function fetchRelease(): Promise<Attempt> {
  const release = { archive: () => `${url}/archive.tar.gz`, checksums: () => `${url}/SHA256SUMS` };
  const request = { program: 'etcd', kit: { ...kitOf('etcd'), release }, wanted: '3.4' } as const;
  const surroundings = { env: process.env, cache: join(folder, 'cache'), progress: () => {} };
  return fetched(releaseFetcher).find(request, surroundings);
}

test('an archive that its release vouches for is unpacked and can be started', async () => {
  const attempt = await fetchRelease();
  expect(attempt).toMatchObject({ kind: 'found', program: { version: '3.4.23', from: 'release' } });
  const path = attempt.kind === 'found' ? attempt.program.path : '';
  expect((await runCommand(path, ['--version'])).stdout).toContain('3.4.23');
});

test('an archive with another checksum is thrown away', async () => {
  files['/SHA256SUMS'] = Buffer.from(`${'0'.repeat(64)}  archive.tar.gz\n`);
  expect(await fetchRelease()).toMatchObject({ kind: 'missed', why: expect.stringContaining('SHA-256') });
  expect(await readdir(join(folder, 'cache', 'work'))).toEqual([]);
});

test('a release that is not there is said with its address', async () => {
  delete files['/archive.tar.gz'];
  expect(await fetchRelease()).toMatchObject({
    kind: 'missed',
    why: expect.stringMatching(/archive\.tar\.gz: the server answered 404$/),
  });
});

test('a connection that is refused is an answer and no wait', async () => {
  server.close();
  server.closeAllConnections();
  expect(await fetchRelease()).toMatchObject({
    kind: 'missed',
    why: expect.stringContaining('ECONNREFUSED'),
  });
});
