import type { EntryOf } from '../../ledger/events.ts';
import type { HostTask } from '../../plan/rounds.ts';
import type { SshConnection } from '../ssh/ssh.ts';
import { connect, timeIsUp } from './connect.ts';
import {
  type Asking,
  asksDone,
  doneInTime,
  foundDone,
  type HttpWork,
  sent,
  unanswered,
  unexpected,
  type Verdict,
  withOutputs,
} from './httpAnswer.ts';
import { resultOf } from './jobResult.ts';
import type { Round, TaskEnd } from './round.ts';

/** After its timeout a request is over; recording its end takes a moment. Milliseconds. */
const afterTimeoutMs = 5_000;
const lookEveryMs = 200;

/**
 * A request for one host. One that changes something is sent once for each generation, after its start is recorded; who
 * finds it started and not ended waits as long as it may be under way, and then can't know what became of it. One that
 * only reads is simply asked again. When this call's time is up the request goes on, and its end is recorded.
 */
export async function httpTask(
  round: Round,
  work: HttpWork,
  task: HostTask,
  cancel: boolean,
): Promise<TaskEnd> {
  const over = new AbortController();
  const ending = toItsEnd(round, work, task, cancel);
  // Where the time is up first nobody waits for it any more; the next call finds what it records, or that it did not.
  ending.catch(() => {});
  try {
    return await Promise.race([ending, timeOf(round, AbortSignal.any([round.call.letGo, over.signal]))]);
  } finally {
    over.abort();
  }
}

async function timeOf(round: Round, sooner: AbortSignal): Promise<'running'> {
  await round.parts.clock.sleep(Math.max(0, round.until - round.now()), sooner);
  return 'running';
}

async function toItsEnd(round: Round, work: HttpWork, task: HostTask, cancel: boolean): Promise<TaskEnd> {
  const leave = await round.gate.enter();
  try {
    const startedAt = round.now();
    const verdict = await verdictOf(round, work, task, cancel);
    if (verdict === 'running') return 'running';
    return await round.recordEnded(task, resultOf(task, { startedAt, endedAt: round.now() }, verdict));
  } finally {
    leave();
  }
}

async function verdictOf(
  round: Round,
  work: HttpWork,
  task: HostTask,
  cancel: boolean,
): Promise<Verdict | 'running'> {
  const { request } = task;
  const reads = round.request.effect === 'read';
  const before = round.started(task);
  if (before !== undefined && !reads) return endOfOther(round, task, before);
  if (cancel) return unsent(round, task, stoppedBefore);
  if (request === undefined) return { outcome: 'failed', reason: 'the step has no request for this host' };
  const deadline = round.now() + round.request.timeoutMs;
  let via: SshConnection | undefined;
  if (work.via === 'host') {
    const connected = await connect(round, task);
    if (!connected.ok) {
      if (timeIsUp(round)) return 'running';
      const { says, transient } = connected.failure;
      return unsent(round, task, {
        outcome: 'unreachable',
        reason: says,
        ...(transient ? { transient } : {}),
      });
    }
    via = connected.connection;
  }
  const asking: Asking = { round, work, task, via, deadline };
  if (round.request.probe === 'done') return foundDone(asking);
  if (work.done !== undefined) {
    const held = await asksDone(asking);
    if (held?.holds === true) return unsent(round, task, await withOutputs(asking, 'unchanged', held.answer));
    if (round.call.stop.aborted) return unsent(round, task, stoppedBefore);
    if (timeIsUp(round)) return 'running';
    if (round.now() >= deadline) return unsent(round, task, tooLate(held?.why ?? ''));
  }
  const other = reads ? undefined : await claim(round, task);
  if (other !== undefined) return endOfOther(round, task, other);
  const answer = await sent(asking, request);
  if (!answer.ok) return unanswered(round, answer, reads);
  const refused = unexpected(asking, answer);
  if (refused !== undefined) return refused;
  if (work.done === undefined) return withOutputs(asking, 'succeeded', answer);
  const held = await doneInTime(asking, work.done);
  if (held.holds) return withOutputs(asking, 'succeeded', held.answer);
  const within = work.done.withinMs / 1000;
  return {
    outcome: 'failed',
    rc: answer.status,
    reason: `answered ${answer.status}, but its done did not hold within ${within} s${held.why}`,
  };
}

const stoppedBefore: Verdict = { outcome: 'cancelled', reason: 'stopped before it was sent' };

function tooLate(why: string): Verdict {
  const reason = `nothing was sent: asking its done took the whole time limit${why}`;
  return { outcome: 'unreachable', reason, transient: true };
}

/** Takes the right to send. Answers the claim of somebody else, who was first. */
async function claim(round: Round, task: HostTask): Promise<EntryOf<'attempt.started'> | undefined> {
  const job = `request-${crypto.randomUUID()}`;
  const stored = await round.recordStarted(task, { job });
  return stored.data.job === job ? undefined : stored;
}

/** Ends it unsent, with proof: the claim that a sender needs is taken first, without a job. */
async function unsent(round: Round, task: HostTask, verdict: Verdict): Promise<Verdict | 'running'> {
  if (round.request.effect === 'read') return verdict;
  const stored = await round.recordStarted(task, {});
  return stored.data.job === undefined ? verdict : endOfOther(round, task, stored);
}

/** Somebody else has begun it: they record its end, or they are gone. */
async function endOfOther(
  round: Round,
  task: HostTask,
  started: EntryOf<'attempt.started'>,
): Promise<Verdict | 'running'> {
  const sends = started.data.job !== undefined;
  const last = started.at + (sends ? round.request.timeoutMs : 0) + afterTimeoutMs;
  for (;;) {
    const ended = await round.endedNow(task);
    // What is recorded wins over whatever is said here.
    if (ended !== undefined) return ended;
    if (round.now() >= last) return sends ? lostTrack : neverSent;
    if (timeIsUp(round)) return 'running';
    await round.parts.clock.sleep(lookEveryMs, round.call.letGo);
  }
}

const neverSent: Verdict = {
  outcome: 'unreachable',
  reason: 'the request was given up before it was sent',
  transient: true,
};

const lostTrack: Verdict = {
  outcome: 'unknown',
  reason: 'the request was begun earlier, and its end was not recorded',
  evidence: 'a start is recorded without an end; a request is never sent twice',
  sessionLives: false,
};
