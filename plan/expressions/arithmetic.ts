import type { Budget } from './budget.ts';
import { Fault } from './failure.ts';
import { operandMend } from './mends.ts';
import { isList, kindOf, type Value, withArticle } from './values.ts';
import { compareVersions, parseVersion, Version } from './version.ts';

/** `+`: numbers, texts and lists. @throws Fault */
export function add(left: Value, right: Value, budget: Budget): Value {
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

/** @throws Fault */
export function arithmetic(op: '+' | '-' | '*' | '/' | '%', left: Value, right: Value): Value {
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

export function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

function comparable(value: Value, other: Value): Value {
  return typeof value === 'string' && other instanceof Version ? (parseVersion(value) ?? value) : value;
}
