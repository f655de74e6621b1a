import { parseExpression } from '../../plan/expressions/parse.ts';
import { toText } from '../../plan/expressions/text.ts';
import { SecretRef } from '../../plan/expressions/values.ts';
import type { Check, Expr } from '../../plan/plan.ts';
import { evaluated, isTrue, type Scope } from './scope.ts';

/** What does not hold, in words with figures, or undefined where all of it holds. An expression that fails does not hold. */
export function unmet(checks: readonly Check[], scope: Scope): string | undefined {
  const failures = checks.flatMap((check) => {
    const why = notHolding(check, scope);
    return why === undefined ? [] : [why];
  });
  return failures.length > 0 ? failures.join('; ') : undefined;
}

function notHolding(check: Check, scope: Scope): string | undefined {
  try {
    if (isTrue(check.holds, scope)) return undefined;
  } catch (error) {
    return `can't tell: ${check.words} (${error instanceof Error ? error.message : String(error)})`;
  }
  const figures = check.figures.flatMap((name) => {
    const shown = figure(name, scope);
    return shown === undefined ? [] : [`${name.split('.').at(-1) ?? name} = ${shown}`];
  });
  return `not met: ${check.words}${figures.length > 0 ? ` (${figures.join(', ')})` : ''}`;
}

function figure(name: string, scope: Scope): string | undefined {
  try {
    const value = evaluated({ cel: name }, scope);
    return value instanceof SecretRef ? undefined : toText(value);
  } catch {
    return undefined; // a figure is a help, and no reason to fail
  }
}

const WHOLE = new Set(['rows', 'each', 'results', 'choice']);

/**
 * Whether an expression speaks of one host at a time: it names `host`, or a field of a step that happens on several
 * hosts (rather than its `rows`, `each` or `results`).
 */
export function namesHost(expr: Expr, onSeveralHosts: (id: string) => boolean): boolean {
  const parsed = parseExpression(expr.cel);
  if (!('identifiers' in parsed)) return false;
  return parsed.identifiers.some(({ name, path }) => {
    if (name === 'host') return true;
    const field = path[0];
    return field !== undefined && !WHOLE.has(field) && onSeveralHosts(name);
  });
}
