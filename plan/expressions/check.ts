import type { ASTNode } from '@marcbachmann/cel-js';
import { fieldType, literalType, valueType } from './check-fields.ts';
import { functionType } from './check-functions.ts';
import { join } from './check-join.ts';
import { type Operand, operatorType } from './check-operators.ts';
import { BOOL, type CheckType, DYN, describe, INT, listOf, mapOf, STRING } from './check-types.ts';
import { type ExpressionFailure, failure, type Place } from './failure.ts';
import { functionCall, type MacroCall, macroCall } from './inspect.ts';
import { didYouMean } from './nearest-name.ts';
import { type Expression, parseExpression } from './parse.ts';

/** Same shape as a failure, without `ok`: all problems of an expression are found at once. */
export type CheckProblem = Omit<ExpressionFailure, 'ok'>;
export type Checked = { readonly type: CheckType; readonly problems: readonly CheckProblem[] };

/** The type of a name, or undefined where there is none. */
export type CheckScope = (name: string) => CheckType | undefined;

/**
 * Finds what is wrong with an expression before anything runs: names and fields that are not there, operands that don't
 * go together, conditions that are no bool. What can't be known is `dyn` and never a problem.
 *
 * @param names all names in scope, for "did you mean".
 */
export function checkExpression(
  source: string | Expression,
  env: CheckScope,
  names: readonly string[] = [],
): Checked {
  const expression = typeof source === 'string' ? parseExpression(source) : source;
  if (!expression.ok) return { type: DYN, problems: expression.problems.map(withoutOk) };
  const checker = new Checker(env, names);
  const type = checker.visit(expression.ast);
  return { type, problems: checker.problems };
}

function withoutOk({ ok: _, ...problem }: ExpressionFailure): CheckProblem {
  return problem;
}

class Checker {
  readonly problems: CheckProblem[] = [];
  readonly #env: CheckScope;
  readonly #names: readonly string[];
  readonly #bound: { readonly name: string; readonly type: CheckType }[] = [];

  constructor(env: CheckScope, names: readonly string[]) {
    this.#env = env;
    this.#names = names;
  }

  visit(node: ASTNode): CheckType {
    switch (node.op) {
      case 'value':
        return literalType(node.args);
      case 'id':
        return this.#name(node.args, node);
      case '.':
        return this.#field(this.visit(node.args[0]), node.args[1], { start: node.pos, end: node.end });
      case '[]':
        return this.#index(this.visit(node.args[0]), node.args[1]);
      case '?:':
        this.bool(node.args[0], 'The condition before ?');
        return join(this.visit(node.args[1]), this.visit(node.args[2]));
      case '&&':
      case '||':
        this.bool(node.args[0], node.op);
        this.bool(node.args[1], node.op);
        return BOOL;
      case '!_':
        this.bool(node.args, '!');
        return BOOL;
      case '-_': {
        const type = this.visit(node.args);
        if (type.kind === 'int' || type.kind === 'number' || type.kind === 'dyn') return type;
        this.#problem(`- does not work on ${describe(type)}.`, node);
        return DYN;
      }
      case 'list':
        return listOf(node.args.length === 0 ? DYN : node.args.map((item) => this.visit(item)).reduce(join));
      case 'map':
        return this.#map(node.args);
      case 'call':
      case 'rcall':
        return this.#call(node);
      case '.?':
      case '[?]':
        return DYN;
      default:
        return this.#operator(node.op, node.args[0], node.args[1], node);
    }
  }

  /** Visits a condition. */
  bool(node: ASTNode, what: string): void {
    const type = this.visit(node);
    if (type.kind === 'bool' || type.kind === 'dyn') return;
    const mend = type.kind === 'string' ? 'Compare it: … == "yes".' : undefined;
    this.#problem(`${what} needs true or false, not ${describe(type)}.`, node, mend);
  }

  #name(name: string, place: Place): CheckType {
    for (let i = this.#bound.length - 1; i >= 0; i--) {
      const binding = this.#bound[i];
      if (binding?.name === name) return binding.type;
    }
    const type = this.#env(name);
    if (type !== undefined) return type;
    const known = [...this.#names, ...this.#bound.map((binding) => binding.name)];
    this.#problem(
      `There is no name ${name} here.`,
      { start: place.start, end: place.end },
      didYouMean(name, known),
    );
    return DYN;
  }

  #field(type: CheckType, name: string, place: Place): CheckType {
    const found = fieldType(type, name);
    if (found.problem !== undefined) this.#problem(found.problem, place, found.mend);
    return found.type;
  }

  #index(type: CheckType, index: ASTNode): CheckType {
    const by = this.visit(index);
    if (type.kind === 'list') {
      if (by.kind !== 'int' && by.kind !== 'dyn')
        this.#problem(`A list's index is an int, not ${describe(by)}.`, index);
      return type.of;
    }
    if (type.kind === 'dyn') return DYN;
    if (by.kind !== 'string' && by.kind !== 'dyn') {
      this.#problem(`${describe(type)} is asked by name, not by ${describe(by)}.`, index);
      return DYN;
    }
    if (index.op === 'value' && typeof index.args === 'string') return this.#field(type, index.args, index);
    return valueType(type);
  }

  #map(entries: readonly (readonly [ASTNode, ASTNode])[]): CheckType {
    const fields: [string, CheckType][] = [];
    let open = false;
    for (const [key, value] of entries) {
      const type = this.visit(value);
      if (key.op === 'value' && typeof key.args === 'string') fields.push([key.args, type]);
      else {
        this.visit(key);
        open = true;
      }
    }
    return { ...mapOf(Object.fromEntries(fields)), open };
  }

  #operator(op: Parameters<typeof operatorType>[0], left: ASTNode, right: ASTNode, node: Place): CheckType {
    const a = this.#operand(left);
    const b = this.#operand(right);
    const found = operatorType(op, a, b);
    if (found.problem !== undefined) this.#problem(found.problem, node, found.mend);
    return found.type;
  }

  #operand(node: ASTNode): Operand {
    return { type: this.visit(node), literal: node.op === 'value' ? node.args : undefined };
  }

  #call(node: ASTNode): CheckType {
    const macro = macroCall(node);
    if (macro !== undefined) return this.#macro(macro);
    const call = functionCall(node);
    if (call === undefined) return DYN;
    if (call.name === 'has') return this.#has(call.args[0]);
    const types = call.args.map((arg) => this.visit(arg));
    const found = functionType(call.name, types, call.args);
    for (const { message, argument, mend } of found.problems)
      this.#problem(message, call.args[argument] ?? node, mend);
    return found.type;
  }

  /** That the field may be missing is the question. */
  #has(node: ASTNode | undefined): CheckType {
    if (node?.op === '.') this.visit(node.args[0]);
    return BOOL;
  }

  #macro(macro: MacroCall): CheckType {
    const over = this.visit(macro.list);
    const element = this.#element(over, macro);
    this.#bound.push({ name: macro.variable, type: element });
    const result = this.#macroType(macro, over.kind === 'list' ? over : listOf(element));
    this.#bound.pop();
    return result;
  }

  #element(over: CheckType, macro: MacroCall): CheckType {
    if (over.kind === 'list') return over.of;
    if (over.kind === 'dyn') return DYN;
    if (over.kind === 'map' && over.view !== true) return STRING;
    const mend =
      over.kind === 'map' && Object.hasOwn(over.fields, 'rows') ? 'Take its rows: .rows.' : undefined;
    this.#problem(`${macro.name} goes over a list, not over ${describe(over)}.`, macro.list, mend);
    return DYN;
  }

  #macroType(macro: MacroCall, list: CheckType): CheckType {
    const [body, second] = macro.bodies;
    if (body === undefined || list.kind !== 'list') return DYN;
    switch (macro.name) {
      case 'map':
        if (second === undefined) return listOf(this.visit(body));
        this.bool(body, macro.name);
        return listOf(this.visit(second));
      case 'filter':
        this.bool(body, macro.name);
        return list;
      case 'count':
        this.bool(body, macro.name);
        return INT;
      case 'max_by':
      case 'min_by':
        this.#key(macro.name, body);
        return list.of;
      case 'sort_by':
        this.#key(macro.name, body);
        return list;
      default:
        this.bool(body, macro.name);
        return BOOL;
    }
  }

  #key(name: string, body: ASTNode): void {
    const key = this.visit(body);
    if (['list', 'map', 'host', 'null', 'secret'].includes(key.kind))
      this.#problem(`${name} can't order ${describe(key)}.`, body);
  }

  #problem(message: string, place: Place, mend?: string): void {
    this.problems.push(withoutOk(failure(message, place, mend)));
  }
}
