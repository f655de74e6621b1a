import type { PendingEntry } from '../../ledger/events.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import type { RunSummary } from '../../ledger/projections/run-summary.ts';
import type { Digest, RunId } from '../../plan/ids.ts';
import type { Actor } from '../../plan/operator.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Engine } from '../engine/engine.ts';
import { RequestError } from '../problem/requestError.ts';
import { newRunId } from './runId.ts';

export type Starter = {
  /**
   * Records that the run is wanted; from then on it will be started, whatever dies. The same idempotency key again is the
   * first run again. Throws `run/key-reused` where the key was another request's.
   */
  request(wanted: WantedRun): Promise<RunId>;
  /** Starts the workflow of a run that was requested. Safe to repeat. */
  start(summary: RunSummary): Promise<'started' | 'exists'>;
  /** Lets a run whose workflow is gone go on from the ledger, in the next epoch. */
  startAgain(summary: RunSummary, epoch: number): Promise<'started' | 'exists'>;
};

export type WantedRun = {
  readonly plan: Plan;
  readonly digest: Digest;
  readonly actor: Actor;
  readonly reason: string;
  readonly ticket?: string;
  readonly idempotencyKey?: string;
};

export function createStarter(ledger: OpenLedger, engine: Engine, clock: () => number): Starter {
  async function unusedId(): Promise<RunId> {
    for (;;) {
      const id = newRunId(clock());
      if ((await ledger.read({ run: id, limit: 1 })).length === 0) return id;
    }
  }

  function input(summary: RunSummary, epoch: number) {
    const { run, plan, by, reason } = summary;
    return { run, plan, epoch, requestedBy: nameOf(by), reason, identity: 'one_owner' } as const;
  }

  return {
    async request(wanted) {
      const run = await unusedId();
      const key = wanted.idempotencyKey ?? run;
      const { plan, digest, actor, reason, ticket } = wanted;
      const requested: PendingEntry = {
        key: `run.requested/${key}`,
        run,
        epoch: 1,
        actor,
        kind: 'run.requested',
        data: {
          plan: digest,
          runbook: plan.runbook,
          inputs: plan.inputs,
          reason,
          ...(ticket === undefined ? {} : { ticket }),
        },
      };
      const compiled: PendingEntry = {
        key: `plan.compiled/${key}`,
        run,
        epoch: 1,
        actor,
        kind: 'plan.compiled',
        data: { plan: digest, runbook: plan.runbook },
      };
      const stored = (await ledger.append([compiled, requested])).find(
        (entry) => entry.kind === 'run.requested',
      );
      if (stored?.kind === 'run.requested' && stored.data.runbook === plan.runbook) return stored.run;
      throw new RequestError(
        409,
        'run/key-reused',
        `The idempotency key ${key} was used for another request.`,
        'Use a new key for a new run.',
      );
    },
    start: (summary) => engine.start(input(summary, 1), 'first'),
    startAgain: (summary, epoch) => engine.start(input(summary, epoch), 'again'),
  };
}

function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.subject;
    case 'token':
    case 'schedule':
      return `${actor.kind} ${actor.name}`;
    case 'engine':
      return 'engine';
  }
}
