import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { checksumIn, sha256OfFile } from '../checksum.ts';
import { runCommand } from '../command.ts';
import type { ProgramName } from '../programs.ts';
import { pinnedVersion } from '../version.ts';
import { type Fetched, type Fetcher, missed, type Progress, type Surroundings } from '../way.ts';

/** Long enough for a slow line to answer, short enough not to be felt on a machine without internet. */
const CONNECT_TIMEOUT_MS = 4_000;

/** The project's own release archive, held against the checksum file of the same release. */
export const releaseFetcher: Fetcher = {
  origin: 'release',
  name: 'the release download',
  offers: ({ kit, wanted }) => {
    if (kit.release === undefined) return { why: `${kit.name} has no release of binaries` };
    if (pinnedVersion(wanted, kit.pinned.release) === undefined)
      return { why: `no release is known for ${wanted}` };
    return {};
  },
  fetch: async ({ kit, wanted }, into, surroundings) => {
    const version = pinnedVersion(wanted, kit.pinned.release);
    if (kit.release === undefined || version === undefined) return missed('no release is known');
    const url = kit.release.archive(version, process.platform, goArchitecture());
    try {
      const sums = await readText(kit.release.checksums(version), surroundings);
      const expected = checksumIn(sums, basename(url));
      if (expected === undefined) return missed(`the release's checksum file does not list ${basename(url)}`);
      const archive = join(into, 'archive.tar.gz');
      await download(url, archive, `${kit.name} ${version}`, surroundings);
      const actual = await sha256OfFile(archive);
      if (actual !== expected)
        return missed(`${url} has SHA-256 ${actual}, and its release says ${expected}`);
      return await unpack(archive, into, version, kit.programs);
    } catch (error) {
      surroundings.signal?.throwIfAborted();
      return missed(`${url}: ${reasonOf(error)}`, 'connect this machine to the internet, or set HTTPS_PROXY');
    }
  },
};

function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

async function open(url: string, { signal }: Surroundings): Promise<Awaited<ReturnType<typeof fetch>>> {
  const answer = await fetch(url, {
    dispatcher: new EnvHttpProxyAgent({
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: 15_000,
      bodyTimeout: 30_000,
    }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer;
}

async function readText(url: string, surroundings: Surroundings): Promise<string> {
  return (await open(url, surroundings)).text();
}

async function download(url: string, to: string, label: string, surroundings: Surroundings): Promise<void> {
  const answer = await open(url, surroundings);
  if (answer.body === null) throw new Error('the server answered without a body');
  const total = Number(answer.headers.get('content-length') ?? '0');
  await pipeline(
    Readable.fromWeb(answer.body),
    meter(label, total, surroundings.progress),
    createWriteStream(to),
  );
}

function meter(label: string, total: number, progress: Progress): Transform {
  let bytes = 0;
  let told = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (performance.now() - told > 500) {
        told = performance.now();
        const share = total > 0 ? `, ${Math.floor((100 * bytes) / total)} %` : '';
        progress(`downloading ${label}: ${(bytes / 1e6).toFixed(1)} MB${share}`);
      }
      done(null, chunk);
    },
  });
}

async function unpack(
  archive: string,
  into: string,
  version: string,
  wanted: readonly ProgramName[],
): Promise<Fetched> {
  const unpacked = join(into, 'unpacked');
  await mkdir(unpacked);
  const result = await runCommand('tar', ['-xzf', archive, '-C', unpacked]);
  if (result.kind === 'failed') return missed(result.reason);
  await mkdir(join(into, 'bin'));
  const programs: Partial<Record<ProgramName, string>> = {};
  for (const entry of await readdir(unpacked, { recursive: true, withFileTypes: true })) {
    const program = wanted.find((name) => name === entry.name);
    if (program === undefined || !entry.isFile()) continue;
    await rename(join(entry.parentPath, entry.name), join(into, 'bin', program));
    await chmod(join(into, 'bin', program), 0o755);
    programs[program] = join('bin', program);
  }
  await rm(unpacked, { recursive: true });
  await rm(archive);
  return { kind: 'fetched', kit: { version, programs } };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
