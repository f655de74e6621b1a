import { decodeMap } from './expressions/encoding.ts';
import { evaluate } from './expressions/evaluate.ts';
import type { Value, ValueMap } from './expressions/values.ts';
import type { JsonObject } from './json.ts';
import type { HttpRequest, OutputSpec } from './plan.ts';

/** What a server answered. `json`: its body, where that is JSON. */
export type Answered = {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly json?: Value;
};

type Scope = (name: string) => Value | undefined;
export type NotAsExpected = { readonly rc: number; readonly reason: string; readonly transient?: true };

/** Answers that say of themselves that asking again later may help (RFC 9110, RFC 6585). */
const TRANSIENT: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The names that an `http` step's expressions see: the answer's own come before those of the step. */
export function answerScope(around: JsonObject | undefined, answer: Answered): Scope {
  const own: ValueMap = {
    status: BigInt(answer.status),
    headers: answer.headers,
    body: answer.body,
    ...(answer.json === undefined ? {} : { json: answer.json }),
  };
  const outer = around === undefined ? {} : decodeMap(around);
  return (name) => (Object.hasOwn(own, name) ? own[name] : outer[name]);
}

/** Why an answer is not the one that the step expects; undefined where it is. */
export function notAsExpected(
  expect: HttpRequest['expect'],
  answer: Answered,
  scope: Scope,
): NotAsExpected | undefined {
  const { status } = answer;
  if (!expect.status.includes(status)) {
    const said = answer.body.trim().slice(0, 200);
    const reason = `answered ${status}${said === '' ? '' : `: ${said}`}`;
    return { rc: status, reason, ...(TRANSIENT.has(status) ? { transient: true } : {}) };
  }
  if (expect.body === undefined) return undefined;
  const held = evaluate(expect.body.cel, scope);
  if (!held.ok) return { rc: status, reason: `expect.body: ${held.message}` };
  if (held.value === true) return undefined;
  return { rc: status, reason: `answered ${status}, but not as expected: ${expect.body.cel}` };
}

/** What each output's `from` gives, or why one can't be had. */
export function outputsFrom(
  specs: { readonly [name: string]: OutputSpec },
  scope: Scope,
):
  | { readonly ok: true; readonly given: ReadonlyMap<string, Value> }
  | { readonly ok: false; readonly message: string } {
  const given = new Map<string, Value>();
  for (const [name, { from }] of Object.entries(specs)) {
    if (from === undefined) continue;
    const found = evaluate(from.cel, scope);
    if (!found.ok) return { ok: false, message: `the output ${name}: ${found.message}` };
    given.set(name, found.value);
  }
  return { ok: true, given };
}
