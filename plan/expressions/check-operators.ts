import { join } from './check-join.ts';
import {
  BOOL,
  type CheckType,
  DYN,
  describe,
  holdsSecret,
  INT,
  listOf,
  NUMBER,
  STRING,
} from './check-types.ts';
import { COMPARED_MEND, NUMBER_MEND, operandMend } from './mends.ts';
import { didYouMean } from './nearest-name.ts';
import type { BinaryOperator } from './operators.ts';
import { parseVersion } from './version.ts';

/** An operand, and its value where it is written in the expression itself. */
export type Operand = { readonly type: CheckType; readonly literal: unknown };

type OperatorType = { readonly type: CheckType; readonly problem?: string; readonly mend?: string };

const COMPARED = "A secret can't be compared: its value is not known here.";

/** The type that an operator gives, or why it can't. */
export function operatorType(op: BinaryOperator, left: Operand, right: Operand): OperatorType {
  const a = left.type;
  const b = right.type;
  switch (op) {
    case '==':
    case '!=':
      return known(op, left, right) ?? known(op, right, left) ?? equality(op, a, b);
    case 'in':
      return membership(a, b);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordering(op, left, right);
    case '+':
      if (a.kind === 'string' && b.kind === 'string') return { type: STRING };
      if (a.kind === 'list' && b.kind === 'list') return { type: listOf(join(a.of, b.of)) };
      return arithmetic(op, a, b);
    default:
      return arithmetic(op, a, b);
  }
}

function arithmetic(op: BinaryOperator, a: CheckType, b: CheckType): OperatorType {
  if (a.kind === 'dyn' || b.kind === 'dyn') return unknownOperand(op, a.kind === 'dyn' ? b : a);
  if (isNumber(a) && isNumber(b)) return { type: a.kind === 'int' && b.kind === 'int' ? INT : NUMBER };
  const problem = `${op} does not work on ${describe(a)} and ${describe(b)}.`;
  const text = op === '+' && (a.kind === 'string' || b.kind === 'string');
  return { type: text ? STRING : DYN, problem, ...operandMend(op, a.kind, b.kind) };
}

function unknownOperand(op: BinaryOperator, other: CheckType): OperatorType {
  const possible =
    isNumber(other) ||
    other.kind === 'dyn' ||
    (op === '+' && (other.kind === 'string' || other.kind === 'list'));
  if (!possible) return { type: DYN, problem: `${op} does not work on ${describe(other)}.` };
  return { type: other.kind === 'string' || other.kind === 'number' ? other : DYN };
}

/** `==` of different kinds is always false: hardly ever meant, so it is said. Null may be compared with anything. */
function equality(op: BinaryOperator, a: CheckType, b: CheckType): OperatorType {
  for (const side of [a, b]) {
    if (holdsSecret(side)) return { type: BOOL, problem: COMPARED, mend: COMPARED_MEND };
    if (side.kind === 'map' && side.view === true) {
      const fields = Object.keys(side.fields).slice(0, 12).join(', ');
      return {
        type: BOOL,
        problem: `${describe(side)} is not a value by itself.`,
        mend: `Name one of its fields: ${fields}.`,
      };
    }
  }
  if (a.kind === 'null' || b.kind === 'null' || a.kind === 'dyn' || b.kind === 'dyn') return { type: BOOL };
  if (a.kind === b.kind || (isNumber(a) && isNumber(b)) || textLike(a, b) || textLike(b, a))
    return { type: BOOL };
  const always = op === '==' ? 'false' : 'true';
  return {
    type: BOOL,
    problem: `${describe(a)} and ${describe(b)} are never equal, so this is always ${always}.`,
    ...equalityMend(a, b),
  };
}

/** A text that can only be one of a few, compared with another one. */
function known(op: BinaryOperator, side: Operand, other: Operand): OperatorType | undefined {
  const values = side.type.kind === 'string' ? side.type.values : undefined;
  const { literal } = other;
  if (values === undefined || typeof literal !== 'string' || values.includes(literal)) return undefined;
  return {
    type: BOOL,
    problem: `This is never ${JSON.stringify(literal)}: it is ${values.join(' or ')}. So ${op} is always ${op === '==' ? 'false' : 'true'}.`,
    mend: didYouMean(literal, values) ?? `Compare it with ${values.join(' or ')}.`,
  };
}

function equalityMend(a: CheckType, b: CheckType): { mend?: string } {
  const pair = [a.kind, b.kind];
  if (pair.includes('string') && (pair.includes('int') || pair.includes('number')))
    return { mend: NUMBER_MEND };
  if (pair.includes('string') && pair.includes('bool'))
    return { mend: 'Write true or false without quotes.' };
  return {};
}

/** A host and a version may be compared with a text. */
function textLike(a: CheckType, b: CheckType): boolean {
  return a.kind === 'string' && (b.kind === 'host' || b.kind === 'version');
}

function membership(a: CheckType, b: CheckType): OperatorType {
  if (b.kind === 'dyn') return { type: BOOL };
  if (b.kind === 'list') {
    const fit = equality('==', a, b.of);
    if (fit.problem === COMPARED) return fit;
    if (fit.problem === undefined || b.of.kind === 'map') return { type: BOOL };
    return { type: BOOL, problem: `${describe(a)} is never in ${describe(b)}.` };
  }
  if (b.kind === 'map' && b.view !== true) {
    if (a.kind === 'string' || a.kind === 'dyn') return { type: BOOL };
    return { type: BOOL, problem: `A map's keys are strings, so ${describe(a)} is never in it.` };
  }
  const mend = b.kind === 'string' ? { mend: 'For texts: text.contains(part).' } : {};
  return { type: BOOL, problem: `in looks into a list or a map, not into ${describe(b)}.`, ...mend };
}

const ORDERED: readonly string[] = ['int', 'number', 'string', 'version', 'bool', 'dyn'];

function ordering(op: BinaryOperator, left: Operand, right: Operand): OperatorType {
  const a = left.type;
  const b = right.type;
  const problem = `${op} can't order ${describe(a)} and ${describe(b)}.`;
  if (!ORDERED.includes(a.kind) || !ORDERED.includes(b.kind)) return { type: BOOL, problem };
  if (a.kind === 'dyn' || b.kind === 'dyn' || a.kind === b.kind || (isNumber(a) && isNumber(b)))
    return { type: BOOL };
  if (a.kind === 'version' || b.kind === 'version') return versionOrder(left, right, problem);
  return { type: BOOL, problem, ...operandMend(op, a.kind, b.kind) };
}

function versionOrder(left: Operand, right: Operand, problem: string): OperatorType {
  const other = left.type.kind === 'version' ? right : left;
  if (other.type.kind !== 'string') return { type: BOOL, problem };
  if (typeof other.literal !== 'string' || parseVersion(other.literal) !== undefined) return { type: BOOL };
  return { type: BOOL, problem: `${JSON.stringify(other.literal)} is no version such as 3.5.16.` };
}

function isNumber(type: CheckType): boolean {
  return type.kind === 'int' || type.kind === 'number';
}
