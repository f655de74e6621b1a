import { add, arithmetic, order } from './arithmetic.ts';
import type { Budget } from './budget.ts';
import { contains, equals } from './equality.ts';
import type { Value } from './values.ts';

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
