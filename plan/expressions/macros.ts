import type { ASTNode } from '@marcbachmann/cel-js';
import { absenceNote, keepAbsence } from './absence.ts';
import { order } from './arithmetic.ts';
import type { Budget } from './budget.ts';
import { Fault } from './failure.ts';
import type { MacroCall } from './inspect.ts';
import { isList, isMap, kindOf, type Value, type ValueList, withArticle } from './values.ts';

/** Evaluates a body with the macro's name bound to an element. */
export type RunBody = (body: ASTNode, element: Value) => Value;

/** @throws Fault */
export function runMacro(macro: MacroCall, over: Value, run: RunBody, budget: Budget): Value {
  const list = elements(macro.name, over);
  budget.spend(list.length);
  const [body, second] = macro.bodies;
  if (body === undefined) throw new Fault(`${macro.name} needs an expression.`);
  const holds = (element: Value): boolean => truth(macro.name, body, run(body, element));
  switch (macro.name) {
    case 'map': {
      const kept = second === undefined ? list : list.filter(holds);
      return keepAbsence(
        list,
        kept.map((element) => run(second ?? body, element)),
      );
    }
    case 'filter':
      return keepAbsence(list, list.filter(holds));
    case 'count':
      return BigInt(list.filter(holds).length);
    case 'exists_one':
      return list.filter(holds).length === 1;
    case 'exists':
      return decided(list, holds, true);
    case 'all':
      return decided(list, holds, false);
    case 'sort_by':
      return keepAbsence(
        list,
        ranked(macro.name, list, body, run, budget).map(({ element }) => element),
      );
    case 'min_by':
      return first(macro.name, list, ranked(macro.name, list, body, run, budget));
    case 'max_by':
      return best(macro.name, list, ranked(macro.name, list, body, run, budget));
    default:
      throw new Fault(`There is no macro ${macro.name}.`);
  }
}

function elements(name: string, over: Value): ValueList {
  if (isList(over)) return over;
  if (isMap(over)) return Object.keys(over);
  throw new Fault(`${name} goes over a list, not over ${withArticle(kindOf(over))}.`);
}

function truth(name: string, body: ASTNode, value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw new Fault(`${name} needs true or false, not ${withArticle(kindOf(value))}.`, { place: body });
}

/** As CEL has it: one element that decides makes the failures of others not matter. */
function decided(list: ValueList, holds: (element: Value) => boolean, decides: boolean): boolean {
  let failed: Fault | undefined;
  for (const element of list) {
    try {
      if (holds(element) === decides) return decides;
    } catch (error) {
      if (!(error instanceof Fault) || error.final) throw error;
      failed ??= error;
    }
  }
  if (failed !== undefined) throw failed;
  return !decides;
}

type Ranked = { readonly element: Value; readonly key: Value };

/** Lowest key first; elements with equal keys stay in the list's order. */
function ranked(
  name: string,
  list: ValueList,
  body: ASTNode,
  run: RunBody,
  budget: Budget,
): readonly Ranked[] {
  const keyed = list.map((element) => ({ element, key: run(body, element) }));
  budget.spend(list.length * Math.ceil(Math.log2(list.length + 1)));
  return keyed.sort((a, b) => order(a.key, b.key, name));
}

function first(name: string, list: ValueList, sorted: readonly Ranked[]): Value {
  const found = sorted[0];
  if (found !== undefined) return found.element;
  throw new Fault(`${name} has nothing to choose from: the list is empty.${absenceNote(list)}`);
}

/** Of elements with equal keys the first of the list, so that the order of hosts decides. */
function best(name: string, list: ValueList, sorted: readonly Ranked[]): Value {
  const last = sorted.at(-1);
  return first(
    name,
    list,
    last === undefined ? [] : sorted.filter(({ key }) => order(key, last.key, name) === 0),
  );
}
