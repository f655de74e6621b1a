import { HoldfastError } from '../../../plan/errors.ts';
import { encode } from '../../../plan/expressions/encoding.ts';
import { writeExactJson } from '../../../plan/expressions/exact-json.ts';
import { parseExpression } from '../../../plan/expressions/parse.ts';
import { renderTree } from '../../../plan/expressions/template.ts';
import { toText } from '../../../plan/expressions/text.ts';
import { isList, isMap, SecretRef, type Value, View } from '../../../plan/expressions/values.ts';
import type { HostName } from '../../../plan/ids.ts';
import type { JsonObject } from '../../../plan/json.ts';
import type { HostResult } from '../../../plan/outcomes.ts';
import type { Become, CopyStep, Expr, HostStep, HttpRequest, Template } from '../../../plan/plan.ts';
import type { AsUser, HostTask, ResolvedRequest, RoundRequest, RoundWork } from '../../../plan/rounds.ts';
import { resolveHosts } from '../hosts.ts';
import { type Scope, scopeOf, text, ValueError } from '../scope.ts';
import type { Ground } from '../walk.ts';
import type { Attempts } from './attempts.ts';

/** The limit for a step that names none: reading is quick or broken, changing may take its time. */
export const DEFAULT_TIMEOUT_MS = { read: 60_000, change: 3_600_000, destroy: 3_600_000 } as const;

/** A step at its place, and which time it is asked for on a host. */
export type Asking = Pick<Attempts, 'frame' | 'step' | 'state' | 'generation'> & { readonly walk: Ground };

/** The round for these hosts, and those for which a value it needs can't be had. */
export function roundFor(
  attempts: Asking,
  zone: string,
  hosts: readonly HostName[],
): { readonly request: RoundRequest; readonly impossible: readonly HostResult[] } {
  const { walk, step, state } = attempts;
  const impossible: HostResult[] = [];
  const tasks: HostTask[] = [];
  for (const host of hosts) {
    try {
      tasks.push(taskFor(attempts, host));
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      impossible.push({
        host,
        generation: attempts.generation(host),
        outcome: 'failed',
        reason: `${error.message} ${error.mend}`,
      });
    }
  }
  const { shared, each } = splitEnv(tasks);
  const request: RoundRequest = {
    run: walk.input.run,
    epoch: walk.input.epoch,
    plan: walk.input.plan,
    step: state.instance,
    zone,
    effect: step.effect,
    work: workOf(attempts),
    env: shared,
    tasks: each,
    outputs: step.outputs,
    sensitive: step.sensitive,
    timeoutMs: step.timeoutMs ?? DEFAULT_TIMEOUT_MS[step.effect],
  };
  return { request, impossible };
}

/** The question whether the step is already as it should be, in place of the step. It only reads, and is quick or broken. */
export function doneRound(step: HostStep, request: RoundRequest): RoundRequest | undefined {
  const asked = {
    ...request,
    effect: 'read',
    timeoutMs: Math.min(request.timeoutMs, DEFAULT_TIMEOUT_MS.read),
  } as const;
  if (step.kind === 'run') {
    const tasks = request.tasks.map(({ become: _, doneBecome, ...task }) => ({
      ...task,
      ...(doneBecome === undefined ? {} : { become: doneBecome }),
    }));
    return step.done && { ...asked, tasks, work: { kind: 'exec', script: step.done.script } };
  }
  if (step.kind === 'copy') return undefined;
  const { work } = request;
  if (work.kind !== 'http' || !work.done || !step.done) return undefined;
  const { expect } = step.done.request;
  const tasks = request.tasks.flatMap((task) =>
    task.doneRequest ? [{ ...task, request: task.doneRequest }] : [],
  );
  return { ...asked, tasks, work: { ...work, expect, done: { ...work.done, withinMs: 0 } } };
}

function workOf({ step, frame }: Asking): RoundWork {
  if (step.kind === 'copy') return { kind: 'copy', unit: frame.unit.name, id: step.id };
  if (step.kind === 'run')
    return {
      kind: 'job',
      script: step.script,
      ...(step.done ? { done: step.done } : {}),
      ...(step.waits ? { waits: true } : {}),
    };
  const { request, done } = step;
  return {
    kind: 'http',
    ...(request.via ? { via: request.via } : {}),
    expect: request.expect,
    ...(done ? { done: { holds: done.holds.cel, everyMs: done.everyMs, withinMs: done.withinMs } } : {}),
  };
}

function taskFor(attempts: Asking, host: HostName): HostTask {
  const { step } = attempts;
  const scope = scopeOf(attempts.walk, attempts.frame, attempts.walk.hosts.has(host) ? host : undefined);
  const env = Object.fromEntries(
    Object.entries(step.env).map(([name, template]) => [name, text(template, scope)]),
  );
  const task = { host, generation: attempts.generation(host), env, ...usersOf(step, scope) };
  if (step.kind === 'run') return task;
  if (step.kind === 'copy') return { ...task, copy: copyOf(attempts, step, scope) };
  return {
    ...task,
    request: resolved(step.request, scope),
    ...(step.done ? { doneRequest: resolved(step.done.request, scope) } : {}),
    scope: namesIn(expressionsOf(step), scope),
  };
}

function copyOf({ walk }: Asking, step: CopyStep, scope: Scope): NonNullable<HostTask['copy']> {
  const { from } = step;
  const to = text(step.to, scope);
  const owner = step.owner === undefined ? {} : { owner: text(step.owner, scope) };
  if (from.kind !== 'host') return { to, ...owner };
  const [host, another] = resolveHosts(walk, from.host, scope);
  if (host === undefined || another !== undefined)
    throw new ValueError(
      'copy/several-hosts',
      `It would come from ${host === undefined ? 'no host' : 'several hosts'}.`,
      'Name one host: members[0], or a name that is one host.',
    );
  return {
    to,
    ...owner,
    from: { host, path: text(from.path, scope), ...asUser('become', from.become, scope) },
  };
}

/** As whom its programs run. What is waited for is `done`'s: the script beside it does nothing. */
function usersOf(step: HostStep, scope: Scope): Pick<HostTask, 'become' | 'doneBecome'> {
  if (step.kind === 'http') return {};
  if (step.kind === 'copy') return asUser('become', step.become, scope);
  return {
    ...asUser('become', step.waits ? undefined : step.become, scope),
    ...asUser('doneBecome', step.done?.become, scope),
  };
}

function asUser<Key extends 'become' | 'doneBecome'>(
  key: Key,
  become: Become | undefined,
  scope: Scope,
): { readonly [key in Key]?: AsUser } {
  if (become === undefined) return {};
  const user = text(become.user, scope);
  if (user === '')
    throw new ValueError(
      'value/user',
      'The user that it would become has no name.',
      "Correct become's user.",
    );
  const password = become.password && text([become.password], scope);
  const as: AsUser = { user, ...(password === undefined ? {} : { password }) };
  return { [key]: as } as { readonly [key in Key]?: AsUser };
}

/** What is the same on all hosts travels once. */
function splitEnv(tasks: readonly HostTask[]): {
  readonly shared: { readonly [name: string]: string };
  readonly each: readonly HostTask[];
} {
  const [first, ...others] = tasks;
  if (!first) return { shared: {}, each: tasks };
  const shared = Object.fromEntries(
    Object.entries(first.env).filter(([name, value]) => others.every((task) => task.env[name] === value)),
  );
  const each = tasks.map((task) => ({
    ...task,
    env: Object.fromEntries(Object.entries(task.env).filter(([name]) => !(name in shared))),
  }));
  return { shared, each };
}

function resolved(request: HttpRequest, scope: Scope): ResolvedRequest {
  const { body } = request;
  return {
    method: request.method,
    url: text(request.url, scope),
    headers: texts(request.headers, scope),
    ...(body === undefined ? {} : { body: resolvedBody(body, scope) }),
  };
}

function resolvedBody(
  body: NonNullable<HttpRequest['body']>,
  scope: Scope,
): NonNullable<ResolvedRequest['body']> {
  if ('form' in body) return { form: texts(body.form, scope) };
  if ('text' in body) return { text: text(body.text, scope) };
  const tree = renderTree(body.json, scope);
  if (!tree.ok)
    throw new ValueError('value/body', tree.message, tree.mend ?? 'Correct the body in the runbook.');
  const json = writeExactJson(withMarkers(tree.value));
  if (json === undefined)
    throw new ValueError(
      'value/body',
      'The body holds what has no JSON form, such as a step.',
      'Name one of its fields.',
    );
  return { json };
}

/** A secret in a body is a text, which the worker puts in. */
function withMarkers(value: Value): Value {
  if (value instanceof SecretRef) return toText(value);
  if (isList(value)) return value.map(withMarkers);
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withMarkers(v)]));
  return value;
}

function texts(
  templates: { readonly [name: string]: Template },
  scope: Scope,
): { readonly [name: string]: string } {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [name, text(template, scope)]),
  );
}

function expressionsOf(step: HostStep): readonly Expr[] {
  if (step.kind !== 'http') return [];
  const from = Object.values(step.outputs).flatMap((output) => output.from ?? []);
  const { body } = step.request.expect;
  return [...from, ...(body ? [body] : []), ...(step.done ? [step.done.holds] : [])];
}

const ANSWER = new Set(['status', 'headers', 'body', 'json']);

/** The values that the answer's expressions need beside the answer itself; of a step, the fields that they name. */
function namesIn(expressions: readonly Expr[], scope: Scope): JsonObject {
  const fields = new Map<string, Set<string>>();
  for (const { cel } of expressions) {
    const parsed = parseExpression(cel);
    if (!parsed.ok) continue;
    for (const { name, path } of parsed.identifiers) {
      if (!ANSWER.has(name)) fields.set(name, (fields.get(name) ?? new Set()).add(path[0] ?? ''));
    }
  }
  const entries = [...fields].flatMap(([name, wanted]) => {
    const value = scope(name);
    return value === undefined
      ? []
      : [[name, value instanceof View ? viewFields(value, wanted) : encode(value, 'in full')] as const];
  });
  return Object.fromEntries(entries);
}

function viewFields(view: View, wanted: ReadonlySet<string>): JsonObject {
  const entries = [...wanted].flatMap((field) => {
    const value = view.field(field);
    return value === undefined || value instanceof View ? [] : [[field, encode(value, 'in full')] as const];
  });
  return Object.fromEntries(entries);
}
