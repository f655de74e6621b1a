import type { Path } from '../yaml/source.ts';

/** The order in which a reader wants to know: what a step is, where and when, what it does, what it gives, and what if not. */
export const STEP_ORDER: readonly string[] = [
  'id',
  'title',
  'when',
  'on',
  'serial',
  'max_failures',
  'any',
  'as',
  'for_each',
  'parallel',
  'effect',
  'may_fail',
  'idempotent',
  'become',
  'env',
  'shell',
  'run',
  'http',
  'copy',
  'set',
  'choose',
  'approve',
  'manual',
  'wait',
  'use',
  'with',
  'steps',
  'done',
  'outputs',
  'sensitive',
  'check',
  'retry',
  'timeout',
  'on_failure',
  'on_unknown',
  'rollback',
];

export const RUNBOOK_ORDER: readonly string[] = [
  'holdfast',
  'name',
  'summary',
  'docs',
  'include',
  'inputs',
  'requires',
  'locks',
  'on',
  'host_vars',
  'env',
  'secrets',
  'steps',
  'outputs',
  'report',
];

const INPUT = ['type', 'values', 'default', 'min', 'max', 'pattern', 'optional', 'help'];
const REQUEST = ['via', 'method', 'url', 'headers', 'json', 'form', 'body', 'expect'];

/** Mappings inside of a step, by their key. */
const INSIDE: { readonly [key: string]: readonly string[] } = {
  http: REQUEST,
  done: ['run', 'http', 'holds', 'every', 'within', 'become'],
  retry: ['within', 'times', 'every', 'backoff', 'when'],
  approve: ['ask', 'by', 'count', 'allow_requester', 'expires', 'show'],
  manual: ['do', 'by', 'expires', 'show'],
  copy: ['from', 'to', 'mode', 'owner'],
  from: ['host', 'path', 'become'],
  become: ['user', 'method', 'password'],
  rollback: ['run', 'env'],
  expect: ['status', 'body'],
};

/** The order of the keys of the mapping at a path of a runbook; undefined where the order is the writer's. */
function keyOrder(path: Path): readonly string[] | undefined {
  if (path.length === 0) return RUNBOOK_ORDER;
  if (path[0] === 'inputs') return path.length === 2 ? INPUT : undefined;
  if (path[0] !== 'steps') return undefined;
  const inside = path.slice(
    path.findLastIndex((each, i) => typeof each === 'number' && path[i - 1] === 'steps') + 1,
  );
  if (inside.length === 0) return typeof path.at(-1) === 'number' ? STEP_ORDER : undefined;
  const [first, ...deeper] = inside.map(String);
  // Below these stand names and values of the runbook's own.
  const own = ['env', 'outputs', 'check', 'set', 'choose', 'with', 'steps'];
  if (first === undefined || own.includes(first)) return undefined;
  if (deeper.some((key) => ['env', 'headers', 'json', 'form'].includes(key))) return undefined;
  return INSIDE[deeper.at(-1) ?? first];
}

/** The parts of the mapping at a path in their order; those that it says nothing of stay behind the one they followed. */
export function inOrder<Part extends { readonly key: string }>(
  path: Path,
  parts: readonly Part[],
): readonly Part[] {
  const order = keyOrder(path);
  if (order === undefined) return parts;
  let last = -1;
  const ranked = parts.map((part) => {
    const rank = order.indexOf(part.key);
    last = rank < 0 ? last : rank;
    return { part, rank: last };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ part }) => part);
}
