import { randomUUID } from 'node:crypto';
import type { HostResult } from '../../plan/outcomes.ts';
import type { HostTask, RoundRequest } from '../../plan/rounds.ts';
import { jobId } from '../jobs/shell.ts';
import type { Watched } from '../jobs/watch.ts';

/** The job that something is told of, and which call of an activity tells it. */
export type WatchedJob = {
  readonly run: string;
  readonly step: string;
  readonly host: string;
  readonly generation: number;
  readonly job: string;
  readonly call: string;
};

/** What is told of a result: how it ended, and with which exit status. */
export function told({ outcome, rc }: HostResult): { readonly outcome: string; readonly rc?: number } {
  return rc === undefined ? { outcome } : { outcome, rc };
}

export type Watching = (task: HostTask, event: Watched) => Promise<void>;

/** Undefined where nobody watches, or there is no job. */
export function watching(
  tell: ((job: WatchedJob, event: Watched) => Promise<void>) | undefined,
  request: RoundRequest,
): Watching | undefined {
  if (tell === undefined || request.work.kind !== 'job') return undefined;
  const { run, step } = request;
  const call = randomUUID();
  return ({ host, generation }, event) =>
    tell({ run, step, host, generation, job: jobId({ run, step, host, generation }), call }, event);
}
