import { isNumber } from './arithmetic.ts';
import type { Budget } from './budget.ts';
import { Fault } from './failure.ts';
import { HostValue, isList, isMap, kindOf, SecretRef, type Value, View, withArticle } from './values.ts';
import { compareVersions, parseVersion, Version } from './version.ts';

/** Values of different kinds are not equal; ints and doubles are by number, hosts by name (a name alone will do). */
export function equals(left: Value, right: Value, budget: Budget): boolean {
  budget.spend(1);
  refuseIncomparable(left);
  refuseIncomparable(right);
  if (left === right) return true;
  if (left === null || right === null) return false;
  if (typeof left !== 'object' || typeof right !== 'object') return scalarEquals(left, right);
  if (isList(left) || isList(right)) {
    if (!isList(left) || !isList(right) || left.length !== right.length) return false;
    return left.every((item, i) => equals(item, right[i] ?? null, budget));
  }
  if (isMap(left) || isMap(right)) {
    if (!isMap(left) || !isMap(right)) return false;
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    return keys.every(
      (key) => Object.hasOwn(right, key) && equals(left[key] ?? null, right[key] ?? null, budget),
    );
  }
  if (left instanceof HostValue && right instanceof HostValue) return left.name === right.name;
  if (left instanceof Version && right instanceof Version) return compareVersions(left, right) === 0;
  return false;
}

function refuseIncomparable(value: Value): void {
  if (value instanceof View) {
    const mend = `Name one of its fields: ${value.fieldNames().join(', ')}.`;
    throw new Fault(`${value.title} is not a value by itself.`, { mend });
  }
  if (value instanceof SecretRef) throw new Fault("A secret can't be compared: its value is not known here.");
}

function scalarEquals(left: NonNullable<Value>, right: NonNullable<Value>): boolean {
  // JavaScript compares a bigint with a number by their mathematical values.
  if (isNumber(left) && isNumber(right)) return left <= right && left >= right;
  if (typeof left === 'string' && typeof right === 'object') return textEquals(right, left);
  if (typeof right === 'string' && typeof left === 'object') return textEquals(left, right);
  return false;
}

function textEquals(value: NonNullable<Value>, text: string): boolean {
  if (value instanceof HostValue) return value.name === text;
  if (value instanceof Version) {
    const version = parseVersion(text);
    return version !== undefined && compareVersions(value, version) === 0;
  }
  return false;
}

/** `element in list`, `key in map`. @throws Fault */
export function contains(container: Value, element: Value, budget: Budget): boolean {
  if (isList(container)) return container.some((item) => equals(item, element, budget));
  if (isMap(container)) {
    if (typeof element === 'string') return Object.hasOwn(container, element);
    throw new Fault(`A map's keys are strings, so ${withArticle(kindOf(element))} is never in it.`);
  }
  const mend = typeof container === 'string' ? { mend: 'For texts: text.contains(part).' } : {};
  throw new Fault(`in looks into a list or a map, not into ${withArticle(kindOf(container))}.`, mend);
}
