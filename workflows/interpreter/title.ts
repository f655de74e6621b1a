import { HoldfastError } from '../../plan/errors.ts';
import type { Step } from '../../plan/plan.ts';
import { type Scope, text } from './scope.ts';

/** A step's title, or its id where it has none. What can't be told yet (a loop's name, outside of the loop) stands there as written. */
export function titleOf(step: Step, scope: Scope): string {
  if (!step.title) return step.id;
  return step.title.map((part) => (typeof part === 'string' ? part : known(part.cel, scope))).join('');
}

function known(cel: string, scope: Scope): string {
  try {
    return text([{ cel }], scope);
  } catch (error) {
    if (error instanceof HoldfastError) return cel;
    throw error;
  }
}
