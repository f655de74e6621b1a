import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { WorkerLedger } from '../ledger/ledger.ts';
import { httpLedger } from '../ledger/remote/httpLedger.ts';
import { httpTransport } from '../ledger/remote/transport.ts';
import { HoldfastError } from '../plan/errors.ts';
import type { WhichLedger } from './config.ts';

const ASK_AGAIN_MS = 500;

/**
 * The record of the server at `url`, with the token in its file, once the server has greeted this worker: one that is not
 * up yet is waited for. Throws where it refuses the token or is of another version, and `worker/file`.
 */
export async function serverLedger(
  which: Extract<WhichLedger, { kind: 'server' }>,
  log: Pick<Logger, 'info'>,
  stopping: AbortSignal,
): Promise<WorkerLedger> {
  const { url, tokenFile, ca } = which;
  const token = read(tokenFile).trim();
  const transport = httpTransport({ url, token, ...(ca === undefined ? {} : { ca: read(ca) }) });
  const ledger = httpLedger(transport);
  let said = false;
  while (!stopping.aborted) {
    try {
      await ledger.greet();
      log.info({ url }, 'the server takes this worker');
      return ledger;
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.code !== 'ledger/unreachable') {
        await ledger.close();
        throw error;
      }
      if (!said) log.info({ url, error: error.message }, 'waiting for the server');
      said = true;
      await pause(ASK_AGAIN_MS, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
  return ledger;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new HoldfastError(
      'worker/file',
      `${file} can't be read.`,
      "Copy the server's `worker-token` to this machine, readable by this user alone, and name it with --token-file.",
      { cause },
    );
  }
}
