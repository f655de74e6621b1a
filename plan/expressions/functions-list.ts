import { absenceNote } from './absence.ts';
import { findValue } from './access.ts';
import { intArg, listArg } from './arguments.ts';
import { order } from './arithmetic.ts';
import type { Budget } from './budget.ts';
import { equals } from './equality.ts';
import { Fault } from './failure.ts';
import type { CelFunction } from './functions.ts';
import { textOf } from './text.ts';
import { isList, isMap, kindOf, type Value, type ValueList, withArticle } from './values.ts';

export const LIST_FUNCTIONS: { readonly [name: string]: CelFunction } = {
  size: ([value = null]) => size(value),
  /** Whether all elements are equal. Of none and of one they are. */
  same: (args, budget) => {
    const list = listArg('same', args, 0);
    return list.every((item) => equals(item, list[0] ?? null, budget));
  },
  /** Each element once, in the order of first appearance. */
  distinct: (args, budget) => distinct(listArg('distinct', args, 0), budget),
  /** From an index to before another; negative ones count from the end, and what is not there is left out. */
  slice: (args, budget) => {
    const list = listArg('slice', args, 0);
    const to = args.length > 2 ? Number(intArg('slice', args, 2)) : undefined;
    const part = list.slice(Number(intArg('slice', args, 1)), to);
    budget.spend(part.length);
    return part;
  },
  min: (args, budget) => extreme('min', args, -1, budget),
  max: (args, budget) => extreme('max', args, 1, budget),
  join: (args, budget) => {
    const list = listArg('join', args, 0);
    const parts = list.map(scalarText);
    const separator = scalarText(args[1] ?? '');
    budget.text(parts.reduce((length, part) => length + part.length + separator.length, 0));
    return parts.join(separator);
  },
  not: ([value = null]) => {
    if (typeof value === 'boolean') return !value;
    throw new Fault(`not needs true or false, not ${withArticle(kindOf(value))}.`);
  },
  get: ([value = null, key = null, fallback]) => get(value, key, fallback),
  keys: ([value = null]) => {
    if (isMap(value)) return Object.keys(value);
    throw new Fault(`keys needs a map, not ${withArticle(kindOf(value))}.`);
  },
  dyn: ([value = null]) => value,
};

function size(value: Value): bigint {
  if (typeof value === 'string') return BigInt([...value].length);
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(Object.keys(value).length);
  throw new Fault(`size needs a string, a list or a map, not ${withArticle(kindOf(value))}.`);
}

function distinct(list: ValueList, budget: Budget): ValueList {
  const seen: Value[] = [];
  const scalars = new Set<string>();
  for (const item of list) {
    budget.spend(1);
    if (typeof item === 'string' || typeof item === 'bigint') {
      const key = `${typeof item} ${item}`;
      if (scalars.has(key)) continue;
      scalars.add(key);
    } else if (seen.some((other) => equals(item, other, budget))) continue;
    seen.push(item);
  }
  return seen;
}

/** Of a list, or of several arguments. */
function extreme(name: 'min' | 'max', args: readonly Value[], sign: 1 | -1, budget: Budget): Value {
  const list = args.length === 1 ? listArg(name, args, 0) : args;
  budget.spend(list.length);
  let found = list[0];
  if (found === undefined) throw new Fault(`${name} of an empty list.${absenceNote(list)}`);
  for (const item of list) if (order(item, found, name) * sign > 0) found = item;
  order(found, found, name);
  return found;
}

function scalarText(value: Value): string {
  if (isList(value) || isMap(value)) {
    throw new Fault(`join needs texts, not ${withArticle(kindOf(value))}.`, {
      mend: 'Map its elements to texts first.',
    });
  }
  return textOf(value);
}

function get(value: Value, key: Value, fallback: Value | undefined): Value {
  if (isList(value)) {
    if (typeof key !== 'bigint')
      throw new Fault(`A list's index is an int, not ${withArticle(kindOf(key))}.`);
    return value[Number(key)] ?? absent(key, fallback);
  }
  if (typeof key !== 'string') throw new Fault(`get needs a string as key, not ${withArticle(kindOf(key))}.`);
  return findValue(value, key) ?? absent(key, fallback);
}

function absent(key: string | bigint, fallback: Value | undefined): Value {
  if (fallback !== undefined) return fallback;
  throw new Fault(`There is no ${key} in it.`, {
    mend: `Give a default: get(${typeof key === 'bigint' ? key : JSON.stringify(key)}, default).`,
  });
}
