import type { ASTNode } from '@marcbachmann/cel-js';
import { type ExpressionFailure, failure, type Place } from './failure.ts';
import { LIMITS } from './limits.ts';
import { FUNCTION_ARITY, MACRO_BODIES } from './names.ts';
import { nearestName } from './nearest-name.ts';

/** `before.mine[0].id` is the name `before` with the path `mine`. */
export type FreeName = {
  readonly name: string;
  readonly path: readonly string[];
  readonly offset: number;
  readonly length: number;
};

export type Inspection = {
  readonly names: readonly FreeName[];
  readonly problems: readonly ExpressionFailure[];
};

/** Finds the names that an expression needs from outside, and what must not stand in it. */
export function inspect(ast: ASTNode): Inspection {
  const names: FreeName[] = [];
  const problems: ExpressionFailure[] = [];
  visit(ast, new Set(), 0);
  return { names: names.sort((a, b) => a.offset - b.offset), problems };

  function visit(node: ASTNode, bound: ReadonlySet<string>, macros: number): void {
    const path = memberPath(node);
    if (path !== undefined) {
      const [name = '', ...rest] = path;
      if (!bound.has(name))
        names.push({ name, path: rest, offset: node.start, length: node.end - node.start });
      return;
    }
    const macro = macroCall(node);
    if (macro !== undefined) {
      if (macros >= LIMITS.nestedMacros) {
        problems.push(failure(`More than ${LIMITS.nestedMacros} macros inside one another.`, node));
        return;
      }
      visit(macro.list, bound, macros);
      const inner = new Set(bound).add(macro.variable);
      for (const body of macro.bodies) visit(body, inner, macros + 1);
      return;
    }
    const problem = callProblem(node);
    if (problem !== undefined) problems.push(problem);
    for (const child of children(node)) visit(child, bound, macros);
  }
}

/** `a.b.c` as its names; undefined where anything else is in it. */
function memberPath(node: ASTNode): readonly string[] | undefined {
  if (node.op === 'id') return [node.args];
  if (node.op !== '.') return undefined;
  const left = memberPath(node.args[0]);
  return left === undefined ? undefined : [...left, node.args[1]];
}

export type MacroCall = {
  readonly name: string;
  readonly list: ASTNode;
  readonly variable: string;
  readonly bodies: readonly ASTNode[];
};

/** `list.map(x, body)`. Undefined where the call is no macro, or not written as one. */
export function macroCall(node: ASTNode): MacroCall | undefined {
  if (node.op !== 'rcall') return undefined;
  const [name, list, [variable, ...bodies]] = node.args;
  const counts = MACRO_BODIES.get(name);
  if (counts === undefined || variable?.op !== 'id' || !counts.includes(bodies.length)) return undefined;
  return { name, list, variable: variable.args, bodies };
}

/** A function's name and all of its arguments: the receiver is the first. */
export function functionCall(node: ASTNode): { name: string; args: readonly ASTNode[] } | undefined {
  if (node.op === 'call') return { name: node.args[0], args: node.args[1] };
  if (node.op === 'rcall') return { name: node.args[0], args: [node.args[1], ...node.args[2]] };
  return undefined;
}

function callProblem(node: ASTNode): ExpressionFailure | undefined {
  if (node.op === 'value' && typeof node.args === 'object' && node.args !== null) {
    return failure(
      'Bytes and unsigned literals are not used here.',
      node,
      'Write a text or a plain integer.',
    );
  }
  const call = functionCall(node);
  if (call === undefined) return undefined;
  const place = namePlace(node, call.name);
  if (call.name === 'has') return hasProblem(node, call.args);
  if (MACRO_BODIES.has(call.name)) {
    const bodies = (MACRO_BODIES.get(call.name) ?? [1]).at(0) === 2 ? 'filter, value' : 'expression';
    return failure(
      `${call.name} is used on a list, with a name for its elements and an expression.`,
      place,
      `Write list.${call.name}(x, ${bodies}).`,
    );
  }
  const arity = FUNCTION_ARITY.get(call.name);
  if (arity === undefined) {
    return failure(`There is no function ${call.name}.`, place, functionMend(call.name));
  }
  if (call.args.length >= arity.min && call.args.length <= arity.max) return undefined;
  const wanted = arity.min === arity.max ? `${arity.min}` : `${arity.min} to ${arity.max}`;
  return failure(
    `${call.name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${call.args.length}.`,
    place,
  );
}

function hasProblem(node: ASTNode, args: readonly ASTNode[]): ExpressionFailure | undefined {
  if (args.length === 1 && args[0]?.op === '.') return undefined;
  return failure('has asks for one field.', node, 'Write has(value.field).');
}

function functionMend(name: string): string | undefined {
  const nearest = nearestName(name, functionNames());
  return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
}

function functionNames(): readonly string[] {
  return [...FUNCTION_ARITY.keys(), ...MACRO_BODIES.keys(), 'has'];
}

/** Where a call's name stands: methods are found in the text after their receiver. */
export function namePlace(node: ASTNode, name: string): Place {
  const from = node.op === 'rcall' ? node.args[1].end : node.start;
  const start = node.input.indexOf(name, from);
  return start < 0 || start >= node.end ? node : { start, end: start + name.length };
}

export function children(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'list':
      return node.args;
    case 'map':
      return node.args.flat();
    default:
      return node.args;
  }
}
