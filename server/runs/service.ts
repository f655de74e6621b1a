import type { Logger } from 'pino';
import type { OpenLedger } from '../../ledger/open.ts';
import { digest as digestText } from '../../plan/ids.ts';
import type { Actor } from '../../plan/operator.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RunAccepted, RunRequest } from '../api/runs.ts';
import type { PlanService } from '../plans/service.ts';
import { RequestError } from '../problem/requestError.ts';
import type { RunRecords } from './records.ts';
import type { Starter } from './starter.ts';

export type RunService = {
  /** Answers once the run is recorded; where the engine can't be reached now the sweeper starts it later. */
  start(request: RunRequest, idempotencyKey: string | undefined): Promise<RunAccepted>;
};

export function createRunService(parts: {
  readonly ledger: OpenLedger;
  readonly plans: PlanService;
  readonly records: RunRecords;
  readonly starter: Starter;
  readonly actor: Actor;
  readonly log: Logger;
}): RunService {
  const { ledger, plans, records, starter, actor, log } = parts;

  async function planned(request: RunRequest) {
    if (!('plan' in request)) {
      const { compiled, warnings } = await plans.compile(request);
      return { plan: compiled.plan, digest: compiled.digest, warnings };
    }
    const digest = digestText(request.plan);
    const plan: Plan | undefined = await ledger.plan(digest);
    if (plan) return { plan, digest, warnings: [] };
    throw new RequestError(
      404,
      'plan/unknown',
      `There is no plan ${digest}.`,
      'Make one with `holdfast plan`.',
    );
  }

  return {
    async start(request, idempotencyKey) {
      const { plan, digest, warnings } = await planned(request);
      const { reason, ticket } = request;
      const run = await starter.request({
        plan,
        digest,
        actor,
        reason,
        ...(ticket === undefined ? {} : { ticket }),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      });
      const later: string[] = [];
      const summary = await records.summary(run);
      if (summary) {
        await starter.start(summary).catch((error: unknown) => {
          log.warn({ err: error, run }, 'a run could not be started at once; the sweeper will');
          later.push('Temporal does not answer now: the run is recorded and starts as soon as it does.');
        });
      }
      return {
        run,
        plan: summary?.plan ?? digest,
        link: `/api/runs/${run}`,
        warnings: [...warnings, ...later],
      };
    },
  };
}
