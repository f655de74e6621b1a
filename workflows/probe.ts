import { ActivityFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { HostResult, Outcome } from '../plan/outcomes.ts';
import type { ProbeInput, ProbeReport } from '../plan/probes.ts';
import type { RoundRequest } from '../plan/rounds.ts';
import { requireKnown } from './interpreter/version.ts';
import { foresee } from './probing/foresee.ts';
import type { ProbePort } from './probing/probing.ts';
import { ledger, questions } from './proxies.ts';

/** What hosts say before a run. It holds nothing and leaves nothing behind: cancelled or killed it is simply over. */
export async function probe(input: ProbeInput): Promise<ProbeReport> {
  const plan = await ledger.loadPlan(input.plan);
  requireKnown(plan);
  const port: ProbePort = {
    now: () => Date.now(),
    texts: (digests) => ledger.loadTexts(digests),
    ask: (request) => ask(request, input.limits.questionMs),
  };
  return foresee(input, plan, port);
}

async function ask(request: RoundRequest, questionMs: number): Promise<readonly HostResult[]> {
  try {
    const { settled, running } = await questions(request.zone, questionMs).askHosts(request);
    return [...settled, ...unanswered(running, 'cancelled', 'its worker stopped before it had answered')];
  } catch (error) {
    if (isCancellation(error)) throw error;
    if (!(error instanceof ActivityFailure)) throw error;
    const hosts = request.tasks.map(({ host }) => host);
    return unanswered(hosts, 'unreachable', whyNot(error, request.zone));
  }
}

function unanswered(
  hosts: readonly HostResult['host'][],
  outcome: Outcome,
  reason: string,
): readonly HostResult[] {
  return hosts.map((host) => ({ host, generation: 0, outcome, reason }));
}

function whyNot({ cause, message }: ActivityFailure, zone: string): string {
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START')
    return `no worker of the zone ${zone} takes work`;
  return `it could not be asked: ${cause?.message ?? message}`;
}
