import { readFile } from 'node:fs/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { WorkerLedger } from '../../ledger/ledger.ts';
import { HoldfastError } from '../../plan/errors.ts';
import { keptToken } from '../identity/token.ts';
import { buildWorkersApp } from './app.ts';

/** Where workers on other machines find the record. */
export type WorkersDoor = {
  /** Any address of this machine, also beyond loopback: nothing is open there without the workers' token. */
  readonly address: string;
  readonly port: number;
  /** Left out: `worker-token` in the data folder, made there. Named: it has to be there. */
  readonly tokenFile?: string;
  /** Files in PEM. Left out: plain HTTP, for a network that nobody else listens on. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** Listens for workers. Throws `up/file` where a file can't be read, `up/port-taken` where it can't listen there. */
export async function listenForWorkers(
  door: WorkersDoor,
  parts: { readonly ledger: WorkerLedger; readonly tokenFile: string; readonly log: FastifyBaseLogger },
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const token =
    door.tokenFile === undefined ? await keptToken(parts.tokenFile) : (await read(door.tokenFile)).trim();
  const tls = door.tls && { cert: await read(door.tls.cert), key: await read(door.tls.key) };
  const { ledger, log } = parts;
  const app = await buildWorkersApp({ ledger, token, log, ...(tls === undefined ? {} : { tls }) });
  const url = await app.listen({ host: door.address, port: door.port }).catch((cause: unknown) => {
    throw new HoldfastError(
      'up/port-taken',
      `Workers can't be let in at ${door.address}:${door.port}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      'Name an address of this machine and a port that is free with --workers ADDRESS:PORT.',
      { cause },
    );
  });
  return { url, close: () => app.close() };
}

async function read(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.trim() !== '') return text;
  throw new HoldfastError(
    'up/file',
    `${file} can't be read, or is empty.`,
    'Correct --workers-token-file, --workers-tls-cert or --workers-tls-key, or the rights of the file.',
  );
}
