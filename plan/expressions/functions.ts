import type { Budget } from './budget.ts';
import { CONVERSIONS } from './functions-conversion.ts';
import { LIST_FUNCTIONS } from './functions-list.ts';
import { TEXT_FUNCTIONS } from './functions-text.ts';
import type { Value } from './values.ts';

/** `f(a, b)` and `a.f(b)` are the same call. How many arguments each may have is checked when parsing. */
export type CelFunction = (args: readonly Value[], budget: Budget) => Value;

export const FUNCTIONS: { readonly [name: string]: CelFunction } = {
  ...LIST_FUNCTIONS,
  ...TEXT_FUNCTIONS,
  ...CONVERSIONS,
};
