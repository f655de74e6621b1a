import type { Budget } from './budget.ts';
import { Fault } from './failure.ts';
import { operandMend } from './mends.ts';
import { HostValue, isList, isMap, kindOf, SecretRef, type Value, View, withArticle } from './values.ts';
import { compareVersions, parseVersion, Version } from './version.ts';

export type BinaryOperator = '!=' | '==' | 'in' | '+' | '-' | '*' | '/' | '%' | '<' | '<=' | '>' | '>=';

/** @throws Fault where the operands do not go together. */
export function binary(op: BinaryOperator, left: Value, right: Value, budget: Budget): Value {
  switch (op) {
    case '==':
      return equals(left, right, budget);
    case '!=':
      return !equals(left, right, budget);
    case 'in':
      return contains(right, left, budget);
    case '<':
      return order(left, right, op) < 0;
    case '<=':
      return order(left, right, op) <= 0;
    case '>':
      return order(left, right, op) > 0;
    case '>=':
      return order(left, right, op) >= 0;
    case '+':
      return add(left, right, budget);
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(op, left, right);
  }
}

function add(left: Value, right: Value, budget: Budget): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    budget.text(left.length + right.length);
    return left + right;
  }
  if (isList(left) && isList(right)) {
    budget.spend(left.length + right.length);
    return [...left, ...right];
  }
  return arithmetic('+', left, right);
}

function arithmetic(op: '+' | '-' | '*' | '/' | '%', left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return integers(op, left, right);
  const a = asDouble(left);
  const b = asDouble(right);
  if (a === undefined || b === undefined) {
    const message = `${op} does not work on ${withArticle(kindOf(left))} and ${withArticle(kindOf(right))}.`;
    throw new Fault(message, operandMend(op, kindOf(left), kindOf(right)));
  }
  return finite(doubles(op, a, b));
}

function integers(op: '+' | '-' | '*' | '/' | '%', a: bigint, b: bigint): bigint {
  switch (op) {
    case '+':
      return inRange(a + b);
    case '-':
      return inRange(a - b);
    case '*':
      return inRange(a * b);
    case '/':
    case '%':
      if (b === 0n) throw new Fault('Division by zero.');
      return op === '/' ? a / b : a % b;
  }
}

function doubles(op: '+' | '-' | '*' | '/' | '%', a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 64n - 1n;

/** Both int64 and uint64 fit, as ids of either kind occur. @throws Fault */
export function inRange(value: bigint): bigint {
  if (value >= LOWEST && value <= HIGHEST) return value;
  throw new Fault('An int is too large: it does not fit in 64 bits.');
}

/** @throws Fault */
export function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new Fault(
    Number.isNaN(value) ? 'This is not a number.' : 'A division by zero, or a number that is too large.',
  );
}

/** @throws Fault */
export function negate(value: Value): Value {
  if (typeof value === 'bigint') return inRange(-value);
  if (typeof value === 'number') return -value;
  throw new Fault(`- does not work on ${withArticle(kindOf(value))}.`);
}

function asDouble(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** Negative, zero or positive. Numbers of both kinds mix exactly; a version may be compared with a text. @throws Fault */
export function order(left: Value, right: Value, op: string): number {
  const a = comparable(left, right);
  const b = comparable(right, left);
  if (a instanceof Version && b instanceof Version) return compareVersions(a, b);
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : Number(a > b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const message = `${op} can't order ${withArticle(kindOf(left))} and ${withArticle(kindOf(right))}.`;
  throw new Fault(message, op === 'min' || op === 'max' ? {} : operandMend('<', kindOf(left), kindOf(right)));
}

function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function comparable(value: Value, other: Value): Value {
  return typeof value === 'string' && other instanceof Version ? (parseVersion(value) ?? value) : value;
}

/** Values of different kinds are not equal; ints and doubles are by number, hosts by name (a name alone will do). */
export function equals(left: Value, right: Value, budget: Budget): boolean {
  budget.spend(1);
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
  for (const side of [left, right]) {
    if (side instanceof View)
      throw new Fault(`${side.title} is not a value by itself.`, {
        mend: `Name one of its fields: ${side.fieldNames().join(', ')}.`,
      });
    if (side instanceof SecretRef)
      throw new Fault("A secret can't be compared: its value is not known here.");
  }
  return false;
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
