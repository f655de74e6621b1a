import { HoldfastError } from '../../plan/errors.ts';
import { fillSecrets, secretsIn } from '../../plan/expressions/text.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { AsUser, HostTask, ResolvedRequest } from '../../plan/rounds.ts';
import { sealsOutputs } from '../../plan/sensitive.ts';
import { resultOf } from './jobResult.ts';
import type { Round } from './round.ts';

/**
 * The task with its secrets where their markers stand; what has them goes to a host or a service and is never recorded.
 * A result: a secret can't be found, so that nothing was begun. Throws `rounds/secret` where something was begun that can't be
 * taken up without it: then it is looked for again.
 */
export async function filled(round: Round, task: HostTask): Promise<HostTask | HostResult> {
  const env = { ...round.request.env, ...task.env };
  const { request, doneRequest, become, doneBecome, copy } = task;
  const users = [become, doneBecome, copy?.from?.become];
  const wanted = new Set([env, request, doneRequest, users].flatMap(secretsOf));
  // Before anything begins: an output that can't be sealed when it is there would be lost.
  const unsealed = sealsOutputs(round.request.outputs) ? await round.secrets.cannotSeal() : undefined;
  if (unsealed !== undefined) return unfound(round, task, unsealed, false);
  if (wanted.size === 0) return task;
  const values = new Map<string, string>();
  for (const reference of wanted) {
    const found = await round.secrets.find(reference);
    if (!found.ok) return unfound(round, task, found.says, found.transient === true);
    values.set(reference, found.value);
  }
  const value = (reference: string) => values.get(reference) ?? '';
  const fill = (text: string) => fillSecrets(text, value);
  return {
    ...task,
    env: inTexts(env, fill),
    ...(request === undefined ? {} : { request: inRequest(request, value) }),
    ...(doneRequest === undefined ? {} : { doneRequest: inRequest(doneRequest, value) }),
    ...(become === undefined ? {} : { become: inUser(become, fill) }),
    ...(doneBecome === undefined ? {} : { doneBecome: inUser(doneBecome, fill) }),
    ...(copy === undefined ? {} : { copy: inCopy(copy, fill) }),
  };
}

/** Every text in it, so that no place is forgotten when one is added. */
function secretsOf(part: unknown): readonly string[] {
  if (typeof part === 'string') return [...secretsIn(part), ...jsonMarkers(part).map(({ name }) => name)];
  if (typeof part !== 'object' || part === null) return [];
  return Object.values(part).flatMap(secretsOf);
}

async function unfound(round: Round, task: HostTask, says: string, transient: boolean): Promise<HostResult> {
  const startedAt = round.now();
  const reads = round.request.effect === 'read';
  // The claim that a launch needs is taken first, without a job: what is said to have begun nothing never does.
  const stored = reads ? undefined : await round.recordStarted(task, {});
  if (stored?.data.job !== undefined)
    throw new HoldfastError(
      'rounds/secret',
      says,
      'Put the secret back: the step goes on as soon as it is there.',
    );
  const verdict = { outcome: 'failed', reason: says, ...(transient ? { transient } : {}) } as const;
  return round.recordEnded(task, resultOf(task, { startedAt, endedAt: round.now() }, verdict));
}

type Fill = (text: string) => string;

function inTexts(
  texts: { readonly [name: string]: string },
  fill: Fill,
): { readonly [name: string]: string } {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, fill(text)]));
}

function inUser({ user, password }: AsUser, fill: Fill): AsUser {
  return { user, ...(password === undefined ? {} : { password: fill(password) }) };
}

function inCopy({ from, ...rest }: NonNullable<HostTask['copy']>, fill: Fill): NonNullable<HostTask['copy']> {
  if (from?.become === undefined) return { ...rest, ...(from === undefined ? {} : { from }) };
  return { ...rest, from: { ...from, become: inUser(from.become, fill) } };
}

function inRequest({ method, url, headers, body }: ResolvedRequest, value: Fill): ResolvedRequest {
  const fill = (text: string) => fillSecrets(text, value);
  return {
    method,
    // It is shown and recorded, so that the language lets no secret into it.
    url,
    headers: inTexts(headers, fill),
    ...(body === undefined ? {} : { body: inBody(body, fill, value) }),
  };
}

function inBody(
  body: NonNullable<ResolvedRequest['body']>,
  fill: Fill,
  value: Fill,
): NonNullable<ResolvedRequest['body']> {
  if ('form' in body) return { form: inTexts(body.form, fill) };
  if ('text' in body) return { text: fill(body.text) };
  const json = jsonMarkers(body.json).reduce(
    (text, { marker, name }) => text.replaceAll(marker, () => JSON.stringify(value(name)).slice(1, -1)),
    body.json,
  );
  return { json };
}

/** Markers as JSON writes them in a string. The text is not parsed: its integers are exact. */
function jsonMarkers(json: string): readonly { readonly marker: string; readonly name: string }[] {
  return [...json.matchAll(/\\u0000secret:((?:[^"\\]|\\["\\/bfnrt])*)\\u0000/g)].map(
    ([marker, inner = '']) => ({
      marker,
      name: String(JSON.parse(`"${inner}"`)),
    }),
  );
}
