import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { performRequest } from '../activities/http/performRequest.ts';
import { createRounds } from '../activities/rounds/rounds.ts';
import { temporalCall } from '../activities/rounds/temporalCall.ts';
import { secretsByRun } from '../activities/secrets/ofRun.ts';
import { createSecrets } from '../activities/secrets/secrets.ts';
import { createSshPool } from '../activities/ssh/pool.ts';
import type { WorkerLedger } from '../ledger/ledger.ts';
import { openLedger } from '../ledger/open.ts';
import type { Activities } from '../workflows/port.ts';
import type { WhichLedger, WorkerConfig } from './config.ts';
import { withFinalFaults } from './faults.ts';
import { createLocks } from './locks.ts';
import { createRecords } from './records.ts';
import { serverLedger } from './serverLedger.ts';
import { watchOver } from './watch.ts';

/** The activities by the queue that serves them. */
export type ActivitiesByQueue = {
  readonly main: Omit<Activities, 'followRound' | 'cancelRound'>;
  readonly follow: Pick<Activities, 'followRound' | 'cancelRound'>;
};

export type ComposedWorker = AsyncDisposable & { readonly activities: ActivitiesByQueue };

/** What a worker is made of. `stopping` fires when it shall let go. */
export async function composeWorker(
  config: WorkerConfig,
  log: Logger,
  stopping: AbortSignal,
): Promise<ComposedWorker> {
  const ledger = await ledgerOf(config.ledger, log, stopping);
  const pool = createSshPool();
  const rounds = createRounds({
    ledger,
    pool,
    planOf: ledger.plan,
    textOf: ledger.blob,
    request: performRequest,
    secrets: secretsByRun({
      secrets: createSecrets({ env: process.env, now: Date.now }),
      store: ledger.sealed,
      keyFile: config.sealingKey,
    }),
    clock: { now: Date.now, sleep },
    call: () => temporalCall(() => stopping.aborted),
    ...(config.watch === undefined ? {} : { watch: watchOver(config.watch, log) }),
  });
  const records = createRecords(ledger);
  const locks = createLocks(ledger);

  return {
    activities: {
      main: {
        ...records,
        ...locks,
        startRoundLocal: withFinalFaults(rounds.startRoundLocal),
        startRound: withFinalFaults(rounds.startRound),
        askHosts: withFinalFaults(rounds.askHosts),
        closeRun: withFinalFaults(rounds.closeRun),
      },
      follow: {
        followRound: withFinalFaults(rounds.followRound),
        cancelRound: withFinalFaults(rounds.cancelRound),
      },
    },
    async [Symbol.asyncDispose]() {
      await rounds
        .tidy()
        .catch((error: unknown) => log.warn({ err: error }, 'some ended jobs were not tidied'));
      await pool.close();
      await ledger.close();
    },
  };
}

async function ledgerOf(which: WhichLedger, log: Logger, stopping: AbortSignal): Promise<WorkerLedger> {
  switch (which.kind) {
    case 'file': {
      const onDifference = (difference: object) =>
        log.warn({ difference }, 'a key was written again with other data');
      return openLedger({ path: which.path, onDifference });
    }
    case 'server':
      return serverLedger(which, log, stopping);
  }
}

/** Returns early when the signal fires. */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await pause(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}
