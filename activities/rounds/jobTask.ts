import { randomBytes } from 'node:crypto';
import type { Digest } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { HostTask, RoundWork } from '../../plan/rounds.ts';
import type { JobScript, Material } from '../jobs/attemptText.ts';
import { followJob } from '../jobs/job.ts';
import type { JobEnd } from '../jobs/jobSpec.ts';
import { jobId } from '../jobs/shell.ts';
import { becomeLibrary, becomeMaterial, refusedText, usersOf } from './becoming.ts';
import { connect } from './connect.ts';
import { judged, resultOf } from './jobResult.ts';
import { prepare, type Ready } from './jobStart.ts';
import { lastLine } from './reason.ts';
import type { Round, TaskEnd } from './round.ts';
import { streamsOf } from './streams.ts';
import { told } from './watching.ts';

type Verdict = Parameters<typeof resultOf>[2];
type JobWork = Extract<RoundWork, { kind: 'job' }>;

/**
 * A script on one host as a job: found again where an earlier call left it, started where nobody has. `attempt.started`
 * is in the ledger before the launch is sent, and what is answered is what stands there as `attempt.ended`.
 */
export async function jobTask(
  round: Round,
  work: JobWork,
  task: HostTask,
  cancel: boolean,
): Promise<TaskEnd> {
  const end = await toItsEnd(round, work, task, cancel);
  await round.watch?.(task, end === 'running' ? { at: 'lets go' } : { at: 'recorded', ...told(end) });
  return end;
}

async function toItsEnd(round: Round, work: JobWork, task: HostTask, cancel: boolean): Promise<TaskEnd> {
  const leave = await round.gate.enter();
  try {
    const began = round.now();
    const ready = await prepare(round, task, cancel);
    if (ready === 'running') return 'running';
    if ('outcome' in ready) return round.recordEnded(task, ready);
    return await carryOn(round, work, task, { ...ready, cancel, began, attached: leave });
  } finally {
    leave();
  }
}

async function carryOn(
  round: Round,
  work: JobWork,
  task: HostTask,
  job: Ready & { readonly cancel: boolean; readonly began: number; readonly attached: () => void },
): Promise<TaskEnd> {
  const { request, parts } = round;
  const { run } = request;
  const [script, done] = await Promise.all([
    round.texts.script(work.script),
    work.done === undefined ? undefined : round.texts.script(work.done.script),
  ]);
  const { out, err, wrote } = await streamsOf(round, task, !job.fresh);
  const library = new Map([...(await libraryOf(round, script, done)), ...becomeLibrary(task)]);
  const has = round.known.library(run, task.host);
  const end = await followJob(
    {
      place: job.place,
      epoch: request.epoch,
      job: job.job,
      recorded: { boot: job.boot },
      older: olderJobs(round, task),
      alone: job.fresh,
      timeoutMs: request.timeoutMs,
      users: () => usersOf(round, task),
      from: { out: out.from, err: err.from },
      ...(job.cancel
        ? {}
        : {
            material: (resend: boolean): Material => ({
              nonce: randomBytes(6).toString('hex'),
              script,
              ...(done === undefined || work.done === undefined
                ? {}
                : { done: { script: done, everyMs: work.done.everyMs, withinMs: work.done.withinMs } }),
              env: { ...request.env, ...task.env },
              library: new Map(
                [...library].map(([digest, text]) => [digest, { text, there: !resend && has.has(digest) }]),
              ),
              supervisorThere: !resend && has.has('supervisor'),
              ...becomeMaterial(task),
            }),
          }),
    },
    {
      connect: () => connect(round, task),
      store: (stream, _offset, bytes) => (stream === 'out' ? out : err).push(bytes),
      attached: (wrote) => {
        if (wrote) for (const digest of [...library.keys(), 'supervisor' as const]) has.add(digest);
        job.attached();
      },
      clock: parts.clock,
      until: round.until,
      letGo: round.call.letGo,
      stop: job.cancel ? AbortSignal.abort() : round.call.stop,
      lost: round.lost(task, job.job),
      ...(round.watch === undefined ? {} : { watch: (event) => round.watch?.(task, event) }),
    },
  );
  if (end.kind === 'running') return 'running';
  await round.watch?.(task, { at: 'knows', end: end.kind });
  if (end.kind === 'ended') wrote(end.value);
  const streams = {
    out: await out.end(end.kind === 'ended' && end.cut.out),
    err: await err.end(end.kind === 'ended' && end.cut.err),
  };
  const verdict = await verdictOf(end);
  const times = { startedAt: job.startedAt, endedAt: round.now() };
  const result = await round.recordEnded(task, resultOf(task, times, verdict, streams));
  round.known.settled(job.job);
  if (end.kind === 'ended') await emptied(round, task, job);
  return result;

  async function verdictOf(ended: Exclude<JobEnd, { kind: 'running' }>): Promise<Verdict> {
    switch (ended.kind) {
      case 'ended': {
        if (ended.refused !== undefined && ended.stopped === undefined) {
          const said = round.redaction.text(ended.refused || err.tail());
          return { outcome: 'failed', reason: refusedText(task, said) };
        }
        const includes = await round.texts.includes(script, round.plan);
        const { findHost, budget, secrets, keeps } = round;
        const judging = { ledger: parts.ledger, secrets, keeps, findHost, script, includes, budget };
        return { rc: ended.rc, ...(await judged(ended, request, err.tail(), judging)) };
      }
      case 'unknown':
        return {
          outcome: 'unknown',
          reason: ended.evidence,
          evidence: ended.evidence,
          ...(ended.sessionLives === undefined ? {} : { sessionLives: ended.sessionLives }),
          trace: { ...ended.trace, directory: `${job.place.directory}/${job.job}`, ...lastSaid() },
        };
      case 'refused':
        return { outcome: 'failed', reason: ended.why, ...(ended.transient ? { transient: true } : {}) };
      case 'never':
        return { outcome: 'cancelled', reason: 'stopped before it was started' };
    }
  }

  function lastSaid(): { readonly said?: string } {
    const said = lastLine(out.tail()) ?? lastLine(err.tail());
    return said === undefined ? {} : { said };
  }
}

/**
 * Empties the job's directory, some time later; where it has a sensitive output now, and again whenever the recorded end is found:
 * that stands there in clear.
 */
async function emptied(
  round: Round,
  task: HostTask,
  { place, job }: Pick<Ready, 'place' | 'job'>,
): Promise<void> {
  const there = () => connect(round, task);
  if (round.keeps === 'all') round.tidier.add(place, job, there);
  else await round.tidier.atOnce(place, job, there, Math.max(1, round.until - round.now()));
}

/** What an earlier call that ended, or was killed, right after it had recorded an end may have left. */
export async function emptiedAgain(round: Round, task: HostTask, { rc }: HostResult): Promise<void> {
  const place = round.place(task);
  if (round.keeps === 'all' || rc === undefined || place === undefined) return;
  const { run, step } = round.request;
  const job = jobId({ run, step, host: task.host, generation: task.generation });
  await emptied(round, task, { place, job });
}

async function libraryOf(
  round: Round,
  script: JobScript,
  done: JobScript | undefined,
): Promise<ReadonlyMap<Digest, string>> {
  const digests = new Set([...script.includes, ...(done?.includes ?? [])]);
  return new Map(
    await Promise.all([...digests].map(async (digest) => [digest, await round.texts.text(digest)] as const)),
  );
}

/** Generations before this one that were not seen to end by an exit status: a stalled worker may yet launch them. */
function olderJobs(round: Round, task: HostTask): readonly string[] {
  const { run, step } = round.request;
  return Array.from({ length: task.generation }, (_, generation) => generation)
    .filter((generation) => round.ended(task, generation)?.data.result.rc === undefined)
    .map((generation) => jobId({ run, step, host: task.host, generation }));
}
