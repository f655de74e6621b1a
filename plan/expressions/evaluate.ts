import type { ASTNode } from '@marcbachmann/cel-js';
import { HoldfastError } from '../errors.ts';
import { findValue, readField, readIndex } from './access.ts';
import { negate } from './arithmetic.ts';
import { Budget } from './budget.ts';
import { type ExpressionFailure, Fault, failureOf } from './failure.ts';
import { FUNCTIONS } from './functions.ts';
import { functionCall, macroCall, namePlace } from './inspect.ts';
import { LIMITS } from './limits.ts';
import { runMacro } from './macros.ts';
import { type BinaryOperator, binary } from './operators.ts';
import { type Expression, parseExpression } from './parse.ts';
import { kindOf, type Value, withArticle } from './values.ts';

/**
 * Gives the value of a name, or undefined where there is none. Only names that are used are asked for. What it throws
 * as HoldfastError becomes the expression's failure; anything else it throws passes through.
 */
export type Scope = (name: string) => Value | undefined;

export type Evaluated = { readonly ok: true; readonly value: Value } | ExpressionFailure;

/** Evaluates within a budget (`cost`, see LIMITS). The same expression with the same scope always gives the same. */
export function evaluate(
  source: string | Expression,
  scope: Scope,
  options: { readonly cost?: number } = {},
): Evaluated {
  const expression = typeof source === 'string' ? parseExpression(source) : source;
  if (!expression.ok) return expression;
  try {
    return { ok: true, value: new Evaluation(scope, options.cost ?? LIMITS.cost).run(expression.ast) };
  } catch (error) {
    if (error instanceof Fault) return failureOf(error);
    throw error;
  }
}

class Evaluation {
  readonly #scope: Scope;
  readonly #budget: Budget;
  readonly #bound: { readonly name: string; readonly value: Value }[] = [];

  constructor(scope: Scope, cost: number) {
    this.#scope = scope;
    this.#budget = new Budget(cost);
  }

  run(node: ASTNode): Value {
    try {
      this.#budget.spend(1);
      return this.#visit(node);
    } catch (error) {
      throw placed(error, node);
    }
  }

  #visit(node: ASTNode): Value {
    switch (node.op) {
      case 'value':
        return literal(node.args);
      case 'id':
        return this.#name(node.args);
      case '.':
        return readField(this.run(node.args[0]), node.args[1]);
      case '[]':
        return readIndex(this.run(node.args[0]), this.run(node.args[1]));
      case '?:':
        return this.#bool(node.args[0], 'The condition before ?')
          ? this.run(node.args[1])
          : this.run(node.args[2]);
      case '&&':
        return this.#either(node.args[0], node.args[1], false);
      case '||':
        return this.#either(node.args[0], node.args[1], true);
      case '!_':
        return !this.#bool(node.args, '!');
      case '-_':
        return negate(this.run(node.args));
      case 'list':
        return node.args.map((item) => this.run(item));
      case 'map':
        return Object.fromEntries(node.args.map(([key, value]) => [this.#key(key), this.run(value)]));
      case 'call':
      case 'rcall':
        return this.#call(node);
      case '.?':
      case '[?]':
        throw new Fault('Optional fields are not used here.', { mend: 'Use get(key, default).' });
      default:
        return this.#binary(node.op, node.args[0], node.args[1]);
    }
  }

  #name(name: string): Value {
    for (let i = this.#bound.length - 1; i >= 0; i--) {
      const binding = this.#bound[i];
      if (binding?.name === name) return binding.value;
    }
    const value = this.#scope(name);
    if (value === undefined) throw new Fault(`There is no name ${name} here.`);
    return value;
  }

  #key(node: ASTNode): string {
    const key = this.run(node);
    if (typeof key === 'string') return key;
    if (typeof key === 'bigint' || typeof key === 'boolean') return String(key);
    throw new Fault(`A map's key is a string, not ${withArticle(kindOf(key))}.`, { place: node });
  }

  #bool(node: ASTNode, what: string): boolean {
    const value = this.run(node);
    if (typeof value === 'boolean') return value;
    throw new Fault(`${what} needs true or false, not ${withArticle(kindOf(value))}.`, { place: node });
  }

  #binary(op: BinaryOperator, left: ASTNode, right: ASTNode): Value {
    return binary(op, this.run(left), this.run(right), this.#budget);
  }

  /** As CEL has it: a side that fails does not matter where the other one decides. */
  #either(left: ASTNode, right: ASTNode, decides: boolean): boolean {
    const word = decides ? '||' : '&&';
    let first: boolean;
    try {
      first = this.#bool(left, word);
    } catch (error) {
      if (!(error instanceof Fault) || error.final) throw error;
      if (this.#bool(right, word) === decides) return decides;
      throw error;
    }
    return first === decides ? decides : this.#bool(right, word);
  }

  #call(node: ASTNode): Value {
    const macro = macroCall(node);
    if (macro !== undefined) {
      const list = this.run(macro.list);
      const run = (body: ASTNode, value: Value): Value => {
        this.#bound.push({ name: macro.variable, value });
        try {
          return this.run(body);
        } finally {
          this.#bound.pop();
        }
      };
      return runMacro(macro, list, run, this.#budget);
    }
    const call = functionCall(node);
    if (call?.name === 'has') return this.#has(call.args[0]);
    const apply = call === undefined ? undefined : FUNCTIONS[call.name];
    if (call === undefined || apply === undefined) throw new Fault(`There is no function ${call?.name}.`);
    const args = call.args.map((arg) => this.run(arg));
    try {
      return apply(args, this.#budget);
    } catch (error) {
      throw placed(error, namePlace(node, call.name));
    }
  }

  #has(node: ASTNode | undefined): boolean {
    if (node?.op !== '.') return false;
    const value = this.run(node.args[0]);
    return findValue(value, node.args[1]) !== undefined;
  }
}

function literal(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  throw new Fault('Bytes and unsigned literals are not used here.');
}

/** The innermost place wins. */
function placed(error: unknown, place: { readonly start: number; readonly end: number }): unknown {
  if (error instanceof HoldfastError) return new Fault(error.message, { mend: error.mend, place });
  if (error instanceof Fault) error.place ??= { start: place.start, end: place.end };
  return error;
}
