import { decodeMap, evaluate, type Value, type ValueMap } from '../../plan/expressions/expressions.ts';
import type { JsonObject } from '../../plan/json.ts';
import type { HttpRequest } from '../../plan/plan.ts';
import type { HostTask, ResolvedRequest, RoundWork } from '../../plan/rounds.ts';
import type { HttpAnswer, performRequest } from '../http/performRequest.ts';
import { resultOf } from './jobResult.ts';
import { connect, timeIsUp } from './jobTask.ts';
import { conformedOutputs, keepOutputs } from './outputs.ts';
import type { Round, TaskEnd } from './round.ts';

type HttpWork = Extract<RoundWork, { kind: 'http' }>;
type Verdict = Parameters<typeof resultOf>[2];
type Answered = Extract<HttpAnswer, { ok: true }>;
type Via = NonNullable<Parameters<typeof performRequest>[1]>['via'];

/** After its timeout a request is over; recording its end takes a moment. Milliseconds. */
const afterTimeoutMs = 5_000;
const lookEveryMs = 200;

/** Answers that say of themselves that asking again later may help (RFC 9110, RFC 6585). */
const transientStatus: ReadonlySet<number> = new Set([429, 502, 503, 504]);

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

/** Somebody else has begun it: they record its end, or they are gone. */
async function endOfOther(round: Round, task: HostTask, startedAt: number): Promise<Verdict | 'running'> {
  const last = startedAt + round.request.timeoutMs + afterTimeoutMs;
  while (round.now() < last) {
    const ended = await round.endedNow(task);
    // What is recorded wins over whatever is said here.
    if (ended !== undefined) return ended;
    if (timeIsUp(round)) return 'running';
    await round.parts.clock.sleep(lookEveryMs, round.call.letGo);
  }
  return lostTrack;
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
  if (before !== undefined && !reads) {
    return before.data.job === undefined ? neverSent : endOfOther(round, task, before.at);
  }
  if (cancel) {
    if (!reads && (await claimedByOther(round, task, 'none'))) return endOfOther(round, task, round.now());
    return { outcome: 'cancelled', reason: 'stopped before it was sent' };
  }
  if (request === undefined) return { outcome: 'failed', reason: 'the step has no request for this host' };
  const deadline = round.now() + round.request.timeoutMs;
  let via: Via;
  if (work.via === 'host') {
    const connected = await connect(round, task);
    if (!connected.ok) {
      if (timeIsUp(round)) return 'running';
      if (!reads && (await claimedByOther(round, task, 'none'))) return endOfOther(round, task, round.now());
      const { says, transient } = connected.failure;
      return { outcome: 'unreachable', reason: says, ...(transient ? { transient } : {}) };
    }
    via = connected.connection;
  }
  const asking: Asking = { round, work, task, via, deadline };
  if (work.done !== undefined) {
    const held = await asksDone(asking);
    if (held?.holds === true) {
      if (!reads && (await claimedByOther(round, task, 'none'))) return endOfOther(round, task, round.now());
      return withOutputs(asking, 'unchanged', held.answer);
    }
    if (round.call.stop.aborted) return { outcome: 'cancelled', reason: 'stopped before it was sent' };
    if (timeIsUp(round)) return 'running';
  }
  if (!reads && (await claimedByOther(round, task, 'request'))) return endOfOther(round, task, round.now());
  const answer = await sent(asking, request);
  if (!answer.ok) return unanswered(round, answer, reads);
  const scope = scopeOf(task, answer);
  const refused = unexpected(work.expect, answer, scope);
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

/**
 * Takes the right to send, or makes sure that nobody has it. True where somebody else may have sent. `job` in the
 * entry names this call, as the ledger keeps the first one's.
 */
async function claimedByOther(round: Round, task: HostTask, claim: 'request' | 'none'): Promise<boolean> {
  const own = claim === 'request' ? { job: `request-${crypto.randomUUID()}` } : {};
  const stored = await round.recordStarted(task, own);
  return claim === 'request' ? stored.data.job !== own.job : stored.data.job !== undefined;
}

type Asking = {
  readonly round: Round;
  readonly work: HttpWork;
  readonly task: HostTask;
  readonly via: Via;
  readonly deadline: number;
};

async function sent(asking: Asking, request: ResolvedRequest): Promise<HttpAnswer> {
  const { round, via, deadline } = asking;
  return round.parts.request(request, {
    ...(via === undefined ? {} : { via }),
    timeoutMs: Math.max(1, deadline - round.now()),
    signal: round.call.stop,
  });
}

function unanswered(
  round: Round,
  answer: Extract<HttpAnswer, { ok: false }>,
  reads: boolean,
): Verdict | 'running' {
  const { says } = answer;
  const stopped = round.call.stop.aborted;
  if (answer.sent && !reads) {
    return {
      outcome: 'unknown',
      reason: says,
      evidence: `the request was sent: ${says}`,
      sessionLives: false,
    };
  }
  if (stopped) return { outcome: 'cancelled', reason: 'stopped as asked' };
  const transient = answer.transient ? { transient: true } : {};
  return answer.sent
    ? { outcome: 'failed', reason: says, ...transient }
    : { outcome: 'unreachable', reason: says, ...transient };
}

function unexpected(expect: HttpRequest['expect'], answer: Answered, scope: Scope): Verdict | undefined {
  const { status } = answer;
  const transient = transientStatus.has(status) ? { transient: true } : {};
  if (!expect.status.includes(status)) {
    const said = answer.body.trim().slice(0, 200);
    return {
      outcome: 'failed',
      rc: status,
      reason: `answered ${status}${said === '' ? '' : `: ${said}`}`,
      ...transient,
    };
  }
  if (expect.body === undefined) return undefined;
  const held = evaluate(expect.body.cel, scope);
  if (!held.ok) return { outcome: 'failed', rc: status, reason: `expect.body: ${held.message}` };
  if (held.value === true) return undefined;
  return {
    outcome: 'failed',
    rc: status,
    reason: `answered ${status}, but not as expected: ${expect.body.cel}`,
  };
}

type Held =
  | { readonly holds: true; readonly answer: Answered }
  | { readonly holds: false; readonly why: string };

async function asksDone(asking: Asking): Promise<Held | undefined> {
  const { work, task } = asking;
  const request = task.doneRequest ?? task.request;
  if (work.done === undefined || request === undefined) return undefined;
  const answer = await sent(asking, request);
  if (!answer.ok) return { holds: false, why: `: ${answer.says}` };
  const held = evaluate(work.done.holds, scopeOf(task, answer));
  if (held.ok && held.value === true) return { holds: true, answer };
  return { holds: false, why: held.ok ? '' : `: ${held.message}` };
}

async function doneInTime(asking: Asking, done: NonNullable<HttpWork['done']>): Promise<Held> {
  const { clock } = asking.round.parts;
  const { stop, letGo } = asking.round.call;
  const limit = Math.min(clock.now() + done.withinMs, asking.deadline);
  for (;;) {
    const held = (await asksDone(asking)) ?? { holds: false, why: '' };
    if (held.holds || clock.now() >= limit || stop.aborted || letGo.aborted) return held;
    await clock.sleep(Math.min(done.everyMs, Math.max(limit - clock.now(), 0)), stop);
  }
}

type Scope = (name: string) => Value | undefined;

/** The answer's own names come before those of the step. */
function scopeOf(task: HostTask, answer: Answered): Scope {
  const own: ValueMap = {
    status: BigInt(answer.status),
    headers: answer.headers,
    body: answer.body,
    ...(answer.json === undefined ? {} : { json: answer.json }),
  };
  const outer = namesOf(task.scope);
  return (name) => (Object.hasOwn(own, name) ? own[name] : outer[name]);
}

function namesOf(scope: JsonObject | undefined): ValueMap {
  return scope === undefined ? {} : decodeMap(scope);
}

async function withOutputs(
  asking: Asking,
  outcome: 'succeeded' | 'unchanged',
  answer: Answered,
): Promise<Verdict> {
  const { round, task } = asking;
  const scope = scopeOf(task, answer);
  const given = new Map<string, Value>();
  for (const [name, spec] of Object.entries(round.request.outputs)) {
    if (spec.from === undefined) continue;
    const found = evaluate(spec.from.cel, scope);
    if (!found.ok)
      return { outcome: 'failed', rc: answer.status, reason: `the output ${name}: ${found.message}` };
    given.set(name, found.value);
  }
  const outputs = conformedOutputs(round.request.outputs, given, round.findHost);
  if (!outputs.ok) return { outcome: 'failed', rc: answer.status, reason: outputs.message };
  const kept = await keepOutputs(outputs.values, round.parts.ledger, round.budget);
  return { outcome, rc: answer.status, ...kept };
}
