import { RE2JS } from '@bufbuild/re2';
import type { Budget } from './budget.ts';
import { Fault } from './failure.ts';
import { LIMITS } from './limits.ts';

export const NO_EXPRESSION = 'This is no regular expression (RE2).';
export const RE2_MEND = 'RE2 has no look-around and no back-references.';

const compiled = new Map<string, RE2JS | undefined>();

/** Undefined where it is none, or has more than `LIMITS.patternLength` characters. */
export function regularExpression(pattern: string): RE2JS | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  const made = compile(pattern);
  if (compiled.size < LIMITS.cached) compiled.set(pattern, made);
  return made;
}

function compile(pattern: string): RE2JS | undefined {
  if (pattern.length > LIMITS.patternLength) return undefined;
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}

/**
 * Whether the expression matches somewhere in the text. RE2 takes at most about as long as its program is large (repetitions
 * written out) times the text's length: so much is charged before. @throws Fault
 */
export function matches(text: string, pattern: string, budget: Budget): boolean {
  const expression = regularExpression(pattern);
  if (expression === undefined) throw new Fault(NO_EXPRESSION, { mend: RE2_MEND });
  budget.spend(expression.re2().prog.numInst() * (text.length + 10));
  return expression.test(text);
}
