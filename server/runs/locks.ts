import type { OpenLedger } from '../../ledger/open.ts';
import type { LockList } from '../api/ledger.ts';
import type { Interrupted } from './interrupted.ts';

/** Held locks, who waits for them in which order, and what to do about one whose holder is gone. */
export type LockRecords = () => Promise<LockList['locks']>;

export function createLockRecords(ledger: OpenLedger, interrupted: Interrupted): LockRecords {
  return async () => {
    const [locks, runs, queue] = await Promise.all([ledger.locks(), ledger.runsList(), ledger.lockQueue()]);
    const byId = new Map(runs.map((run) => [run.run, run]));
    return locks.map(({ name, run, since }) => {
      const gone = interrupted.has(run);
      const status = gone ? 'interrupted' : (byId.get(run)?.status ?? 'requested');
      const says = `held by ${run}, whose workflow is gone: resume or abort ${run}`;
      const waiting = queue.filter(({ names }) => names.includes(name)).map((waiter) => waiter.run);
      return { name, run, since, status, waiting, ...(gone ? { says } : {}) };
    });
  };
}
