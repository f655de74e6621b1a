import { evaluate } from '../../plan/expressions/evaluate.ts';
import { parseExactJson } from '../../plan/expressions/exact-json.ts';
import { answerScope, notAsExpected, outputsFrom } from '../../plan/http-answer.ts';
import type { HostTask, ResolvedRequest, RoundWork } from '../../plan/rounds.ts';
import type { HttpAnswer } from '../http/performRequest.ts';
import type { SshConnection } from '../ssh/ssh.ts';
import { NOT_KEPT, type resultOf } from './jobResult.ts';
import { conformedOutputs, keepOutputs } from './outputs.ts';
import type { Round } from './round.ts';

export type HttpWork = Extract<RoundWork, { kind: 'http' }>;
export type Verdict = Parameters<typeof resultOf>[2];
type Answered = Extract<HttpAnswer, { ok: true }>;

/** One request step on one host: what it needs to be asked, and until when. */
export type Asking = {
  readonly round: Round;
  readonly work: HttpWork;
  readonly task: HostTask;
  /** The host that requests leave from; from the worker where left out. */
  readonly via: SshConnection | undefined;
  readonly deadline: number;
};

/** Sends one request, whose answer has no secret in it, but where it is to be sealed. */
export async function sent(asking: Asking, request: ResolvedRequest): Promise<HttpAnswer> {
  const { round, via, deadline } = asking;
  const answer = await round.parts.request(request, {
    ...(via === undefined ? {} : { via }),
    timeoutMs: Math.max(1, deadline - round.now()),
    signal: round.call.stop,
  });
  const { redaction } = round;
  if (!answer.ok) return { ...answer, says: redaction.text(answer.says) };
  // A sensitive output is sealed as it is; nothing else of such an answer is kept or shown unmasked.
  if (round.keeps !== 'all') return answer;
  const body = redaction.text(answer.body);
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, redaction.text(value)]);
  const masked = { ...answer, body, headers: Object.fromEntries(headers) };
  if (body === answer.body) return masked;
  const { json: _, ...rest } = masked;
  const json = parseExactJson(body);
  return json === undefined ? rest : { ...rest, json };
}

/** What it means that no answer came. One that changes something may have taken effect, unless nothing was sent. */
export function unanswered(
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

/** Why an answer is not the one that the step expects; undefined where it is. */
export function unexpected(asking: Asking, answer: Answered): Verdict | undefined {
  const { expect } = asking.work;
  const not = notAsExpected(expect, answer, answerScope(asking.task.scope, answer));
  if (not === undefined || asking.round.keeps === 'all') return not && { outcome: 'failed', ...not };
  // What it holds may be what would have been sealed.
  const otherwise = expect.status.includes(answer.status) ? ', but not as expected' : '';
  return { outcome: 'failed', ...not, reason: `answered ${answer.status}${otherwise}; ${NOT_KEPT}` };
}

type Held =
  | { readonly holds: true; readonly answer: Answered }
  /** `status`: an answer came, and says that it is not done. */
  | { readonly holds: false; readonly why: string; readonly status?: number };

/** Asks once whether the step's `done` holds. Undefined where it has none. */
export async function asksDone(asking: Asking): Promise<Held | undefined> {
  const { round, work, task } = asking;
  const request = task.doneRequest ?? task.request;
  if (work.done === undefined || request === undefined) return undefined;
  const answer = await sent(asking, request);
  if (!answer.ok) return { holds: false, why: `: ${answer.says}` };
  const held = evaluate(work.done.holds, answerScope(task.scope, answer));
  if (held.ok && held.value === true) return { holds: true, answer };
  if (held.ok) return { holds: false, why: '', status: answer.status };
  return { holds: false, why: round.keeps === 'all' ? `: ${held.message}` : '' };
}

/** For a plan: whether it is done, asked once. Without `rc` it can't be known, and the reason says why. */
export async function foundDone(asking: Asking): Promise<Verdict> {
  const held = await asksDone(asking);
  if (held === undefined) return { outcome: 'failed', reason: 'the step has no request for this host' };
  if (held.holds) return withOutputs(asking, 'unchanged', held.answer);
  const { status, why } = held;
  if (asking.round.call.stop.aborted) return { outcome: 'cancelled', reason: 'stopped as asked' };
  if (status === undefined) return { outcome: 'failed', reason: `its done can't be asked${why}` };
  return { outcome: 'failed', rc: status, reason: `answered ${status}, and its done does not hold` };
}

/** Asks again and again until `done` holds or its time, the step's, or this call's is over. */
export async function doneInTime(asking: Asking, done: NonNullable<HttpWork['done']>): Promise<Held> {
  const { clock } = asking.round.parts;
  const { stop, letGo } = asking.round.call;
  const limit = Math.min(clock.now() + done.withinMs, asking.deadline);
  for (;;) {
    const held = (await asksDone(asking)) ?? { holds: false, why: '' };
    if (held.holds || clock.now() >= limit || stop.aborted || letGo.aborted) return held;
    await clock.sleep(Math.min(done.everyMs, Math.max(limit - clock.now(), 0)), stop);
  }
}

/** The step's outputs from an answer; one that can't be had fails the step. */
export async function withOutputs(
  asking: Asking,
  outcome: 'succeeded' | 'unchanged',
  answer: Answered,
): Promise<Verdict> {
  const { round, task } = asking;
  const found = outputsFrom(round.request.outputs, answerScope(task.scope, answer));
  if (!found.ok) {
    const reason = round.keeps === 'all' ? found.message : `an output is not in the answer; ${NOT_KEPT}`;
    return { outcome: 'failed', rc: answer.status, reason };
  }
  const outputs = conformedOutputs(round.request.outputs, found.given, round.findHost);
  if (!outputs.ok) return { outcome: 'failed', rc: answer.status, reason: outputs.message };
  const kept = await keepOutputs(outputs.values, round.request.outputs, {
    ledger: round.parts.ledger,
    secrets: round.secrets,
    budget: round.budget,
  });
  return { outcome, rc: answer.status, ...kept };
}
