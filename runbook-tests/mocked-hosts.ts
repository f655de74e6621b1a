import { conform, convert } from '../plan/expressions/conversion.ts';
import { encodeMap, type HostFinder } from '../plan/expressions/encoding.ts';
import { evaluate } from '../plan/expressions/evaluate.ts';
import { plainJson } from '../plan/expressions/plain-json.ts';
import { typeText } from '../plan/expressions/type-text.ts';
import { HostValue, SecretRef, type Value } from '../plan/expressions/values.ts';
import { type Answered, answerScope, notAsExpected, outputsFrom } from '../plan/http-answer.ts';
import { type HostName, hostName } from '../plan/ids.ts';
import type { Plan } from '../plan/plan.ts';
import type { HostTask, RoundRequest } from '../plan/rounds.ts';
import type { Answer } from '../workflows/mock-port.ts';
import type { MockAnswer, MockedHttp } from './mock-answer.ts';
import type { Mocks } from './mocks.ts';

type Verdict = ReturnType<Answer>;

/** A step that came to a host without the outputs that it has to give there. */
export type Unmocked = {
  readonly step: string;
  readonly host: HostName;
  readonly missing: readonly string[];
};

/** What a copy gives by itself, where a test does not say it. */
const COPIED: { readonly [name: string]: Value } = { sha256: '0'.repeat(64), bytes: 0n, files: 1n };

/** sysexits.h: EX_TEMPFAIL, `temporary failure; user is invited to retry`. */
const TEMP_FAIL = 75;

/** What the hosts of a case do when a step comes to them. What has no mock goes well; outputs that nobody gave are told. */
export function mockedHosts(plan: Plan, mocks: Mocks, unmocked: (what: Unmocked) => void): Answer {
  const findHost: HostFinder = (name) =>
    plan.hosts.some((host) => host.name === name) ? new HostValue(hostName(name)) : undefined;
  return (request, task) => {
    const asksDone = request.step.endsWith('!done');
    const instance = request.step.replace(/![a-z_]+$/, '');
    const mock = mocks.answer(instance, task.host, timesBefore(instance, task.generation));
    const verdict: Judged = asksDone ? doneOf(mock) : verdictOf(mock, request, task);
    if (verdict.outcome !== 'succeeded' && verdict.outcome !== 'unchanged') return verdict;
    const built = request.work.kind === 'copy' ? COPIED : {};
    const clear = { ...built, ...verdict.from, ...convertedOutputs(mock, request, findHost) };
    const values = Object.fromEntries(
      Object.entries(clear).map(([name, value]) => [name, sealed(request, name) ?? value]),
    );
    const { from: _, ...rest } = verdict;
    const missing = Object.keys(request.outputs).filter((name) => values[name] === undefined);
    if (missing.length === 0)
      return { ...rest, ...(Object.keys(values).length > 0 ? { outputs: encodeMap(values) } : {}) };
    const described = missing.map(
      (name) => `${name}: ${typeText(request.outputs[name]?.type ?? { kind: 'any' })}`,
    );
    unmocked({ step: instance, host: task.host, missing: described });
    return { outcome: 'failed', rc: 0, reason: `the output ${missing[0]} was not written to $OUTPUT` };
  };
}

/** To what comes after it a sensitive output is where it is found, as in a run. */
function sealed({ step, outputs }: RoundRequest, name: string): SecretRef | undefined {
  return outputs[name]?.sensitive === true ? new SecretRef(`sealed:${step}.${name}`) : undefined;
}

/** How often the step was launched on a host before: by retries, and by a person who asked for it anew as a whole. */
function timesBefore(instance: string, generation: number): number {
  const takes = [...instance.matchAll(/~(\d+)/g)].reduce((sum, [, take]) => sum + Number(take) - 1, 0);
  return takes + generation;
}

type Judged = Verdict & { readonly from?: { readonly [name: string]: Value } };

function verdictOf(mock: MockAnswer, request: RoundRequest, task: HostTask): Judged {
  const { reason, rc = 0 } = mock;
  const outcome = mock.outcome ?? (rc === 0 ? 'succeeded' : 'failed');
  switch (outcome) {
    case 'unreachable':
      return { outcome, reason: reason ?? 'no route to the host', transient: true };
    case 'timed_out':
      return { outcome, reason: reason ?? `stopped after ${request.timeoutMs / 1000} s` };
    case 'unknown': {
      const evidence = reason ?? 'the host was lost while it ran';
      return { outcome, reason: evidence, evidence, sessionLives: mock.alive === true };
    }
    case 'failed':
      if (request.work.kind === 'http') return failedRequest(mock);
      return failedScript(rc === 0 ? 1 : rc, reason);
    case 'succeeded':
    case 'unchanged':
      if (request.work.kind === 'http' && saysHttp(mock)) return judgedHttp(mock, request, task, outcome);
      return { outcome, rc: 0 };
  }
}

function failedScript(rc: number, reason: string | undefined): Verdict {
  const line = reason?.trim().split('\n').at(-1)?.trim();
  return {
    outcome: 'failed',
    rc,
    reason: line || `exit status ${rc}, and nothing on stderr`,
    ...(rc === TEMP_FAIL ? { transient: true } : {}),
  };
}

function failedRequest({ status = 500, body, reason }: MockAnswer): Verdict {
  return { outcome: 'failed', rc: status, reason: reason ?? `answered ${status}${body ? `: ${body}` : ''}` };
}

/** What `done` says where it is asked by itself, as the fate of a step is not known. */
function doneOf(mock: MockAnswer): Verdict {
  return mock.done === true
    ? { outcome: 'succeeded', rc: 0 }
    : { outcome: 'failed', rc: 1, reason: 'done does not hold' };
}

function saysHttp(mock: MockAnswer): boolean {
  const { status, body, json, headers, done } = mock;
  return [status, body, json, headers].some((part) => part !== undefined) || typeof done === 'object';
}

/** An answer goes the way of a real one: `expect`, then `done`, then `from` of each output. */
function judgedHttp(
  mock: MockAnswer,
  { work, outputs }: RoundRequest,
  { scope }: HostTask,
  outcome: 'succeeded' | 'unchanged',
): Judged {
  if (work.kind !== 'http') return { outcome };
  const answers = typeof mock.done === 'object' ? mock.done.map(answered) : [];
  const before = answers[0];
  const holds = (answer: Answered | undefined) =>
    work.done === undefined || answer === undefined || holdsOf(work.done.holds, answer, scope);
  if (before !== undefined && holds(before)) return given('unchanged', before);
  const answer = answered({ status: work.expect.status[0] ?? 200, ...mock });
  const not = notAsExpected(work.expect, answer, answerScope(scope, answer));
  if (not) return { outcome: 'failed', ...not };
  const after = answers.at(-1);
  if (!holds(after))
    return {
      outcome: 'failed',
      rc: answer.status,
      reason: `answered ${answer.status}, but its done did not hold`,
    };
  return given(outcome, after ?? answer);

  function given(as: 'succeeded' | 'unchanged', of: Answered): Judged {
    const found = outputsFrom(outputs, answerScope(scope, of));
    if (!found.ok) return { outcome: 'failed', rc: of.status, reason: found.message };
    const from: { [name: string]: Value } = {};
    for (const [name, value] of found.given) {
      const read = conform(outputs[name]?.type ?? { kind: 'any' }, value);
      if (!read.ok)
        return { outcome: 'failed', rc: of.status, reason: `the output ${name}: ${read.message}` };
      from[name] = read.value;
    }
    return { outcome: as, rc: of.status, from };
  }
}

function holdsOf(cel: string, answer: Answered, scope: HostTask['scope']): boolean {
  const held = evaluate(cel, answerScope(scope, answer));
  return held.ok && held.value === true;
}

function answered({ status = 200, headers = {}, body, json }: MockedHttp): Answered {
  return {
    status,
    headers,
    body: body ?? (json === undefined ? '' : JSON.stringify(json)),
    ...(json === undefined ? {} : { json: plainJson(json) }),
  };
}

function convertedOutputs(
  mock: MockAnswer,
  { outputs }: RoundRequest,
  findHost: HostFinder,
): { readonly [name: string]: Value } {
  return Object.fromEntries(
    Object.entries(mock.outputs).flatMap(([name, raw]): readonly [string, Value][] => {
      const spec = outputs[name];
      const read = spec && convert(spec.type, raw, findHost);
      return read?.ok ? [[name, read.value]] : [];
    }),
  );
}
