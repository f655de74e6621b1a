import type { Logger } from 'pino';
import { openLedger } from '../ledger/open.ts';
import type { Activities } from '../workflows/port.ts';
import type { WorkerConfig } from './config.ts';
import { createLocks } from './locks.ts';
import { createRecords } from './records.ts';

/** The activities by the queue that serves them. */
export type ActivitiesByQueue = {
  readonly main: Partial<Activities>;
  readonly follow: Partial<Activities>;
};

export type ComposedWorker = AsyncDisposable & { readonly activities: ActivitiesByQueue };

/** What a worker is made of. `stopping` fires when it shall let go. */
export async function composeWorker(
  config: WorkerConfig,
  log: Logger,
  _stopping: AbortSignal,
): Promise<ComposedWorker> {
  const onDifference = (difference: object) =>
    log.warn({ difference }, 'a key was written again with other data');
  const ledger = openLedger({ path: config.ledger, onDifference });
  const records = createRecords(ledger);
  const locks = createLocks(ledger);
  return {
    activities: { main: { ...records, ...locks }, follow: { ...records } },
    [Symbol.asyncDispose]: () => ledger.close(),
  };
}
