import { type Client, type Connection, WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { ProbeInput, ProbeReport } from '../../plan/probes.ts';
import { DEFAULT_ZONE, zoneQueue } from '../../workflows/queues.ts';
import type { Probed } from './engine.ts';

/** For what goes before the first question and after the last. */
const BESIDE_MS = 10_000;
const ANSWER_MS = 5_000;
/** A worker that is there takes a workflow within milliseconds; a new one needs seconds to begin. */
const TAKEN_WITHIN_MS = 15_000;
/** Of history: the workflow was started, and its first task is to be taken. */
const UNTAKEN_EVENTS = 2;
/** A walk over a large plan takes longer than a run's next step. */
const WORKFLOW_TASK_TIMEOUT_MS = 10_000;

/** Starts the workflow `probe` and waits for what it finds out. One that nobody waits for any more is cancelled. */
export async function probe(
  client: Client,
  connection: Connection,
  input: ProbeInput,
  signal: AbortSignal,
): Promise<Probed> {
  const withinMs = input.limits.allMs + BESIDE_MS;
  const over = new AbortController();
  const late = setTimeout(() => over.abort(`they did not answer within ${withinMs / 1000} s`), withinMs);
  const until = AbortSignal.any([signal, over.signal]);
  const handle = client.workflow.getHandle<() => Promise<ProbeReport>>(input.probe);
  // Who starts a run while Temporal is away is not kept waiting for what its hosts would say.
  const unanswered = new AbortController();
  const silent = setTimeout(() => unanswered.abort(), ANSWER_MS);
  const untaken = setTimeout(() => {
    const looking = handle.describe().then(({ historyLength }) => {
      if (historyLength <= UNTAKEN_EVENTS) over.abort('no worker takes work');
    });
    looking.catch(() => {});
  }, TAKEN_WITHIN_MS);
  try {
    await connection.withAbortSignal(AbortSignal.any([until, unanswered.signal]), () =>
      client.workflow.start('probe', {
        taskQueue: zoneQueue(DEFAULT_ZONE),
        workflowId: input.probe,
        args: [input],
        workflowExecutionTimeout: withinMs,
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      }),
    );
    clearTimeout(silent);
    return { kind: 'answered', report: await connection.withAbortSignal(until, () => handle.result()) };
  } catch (error) {
    if (unanswered.signal.aborted) return { kind: 'unanswered', why: 'Temporal does not answer' };
    if (until.aborted)
      await connection.withDeadline(Date.now() + 2_000, () => handle.cancel()).catch(() => {});
    return { kind: 'unanswered', why: over.signal.aborted ? String(over.signal.reason) : reasonOf(error) };
  } finally {
    clearTimeout(silent);
    clearTimeout(late);
    clearTimeout(untaken);
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  if (cause instanceof CancelledFailure) return 'it was cancelled';
  if (cause instanceof TimeoutFailure) return 'there was no end of it in time';
  return cause instanceof Error ? cause.message : String(cause);
}
