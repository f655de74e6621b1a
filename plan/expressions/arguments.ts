import { Fault } from './failure.ts';
import { TEXT_MEND } from './mends.ts';
import { isList, kindOf, type Value, type ValueList, withArticle } from './values.ts';

/** The arguments of a function, read as what it needs. Each throws a Fault that names the function. */
export function textArg(name: string, args: readonly Value[], index: number): string {
  const value = args[index] ?? null;
  if (typeof value === 'string') return value;
  throw new Fault(`${name} needs a string, not ${withArticle(kindOf(value))}.`, {
    mend: TEXT_MEND,
  });
}

export function intArg(name: string, args: readonly Value[], index: number): bigint {
  const value = args[index] ?? null;
  if (typeof value === 'bigint') return value;
  throw new Fault(`${name} needs an int, not ${withArticle(kindOf(value))}.`);
}

export function listArg(name: string, args: readonly Value[], index: number): ValueList {
  const value = args[index] ?? null;
  if (isList(value)) return value;
  throw new Fault(`${name} needs a list, not ${withArticle(kindOf(value))}.`);
}
