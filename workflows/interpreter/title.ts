import { HoldfastError } from '../../plan/errors.ts';
import type { HostStep, Step, Template } from '../../plan/plan.ts';
import { type Scope, text } from './scope.ts';

/** A step's title, or its id where it has none. In place of what can't be told there (a loop's name, outside of the loop) stand dots. */
export function titleOf(step: Step, scope: Scope): string {
  if (!step.title) return step.id;
  return written(step.title, scope);
}

/** As which user its commands run on hosts, or its files are written; undefined: as who logs in. */
export function userOf(step: HostStep, scope: Scope): string | undefined {
  if (step.kind === 'http') return undefined;
  // What is waited for is `done`'s: the script beside it does nothing.
  const become = step.kind === 'run' && step.waits ? step.done?.become : step.become;
  return become && written(become.user, scope);
}

function written(template: Template, scope: Scope): string {
  return template.map((part) => (typeof part === 'string' ? part : known(part.cel, scope))).join('');
}

function known(cel: string, scope: Scope): string {
  try {
    return text([{ cel }], scope);
  } catch (error) {
    if (error instanceof HoldfastError) return '…';
    throw error;
  }
}
