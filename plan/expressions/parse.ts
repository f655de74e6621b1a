import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import { type ExpressionFailure, failure } from './failure.ts';
import { type FreeName, inspect } from './inspect.ts';
import { LIMITS } from './limits.ts';

/** A parsed expression, ready to be evaluated and checked. */
export type Expression = {
  readonly ok: true;
  readonly source: string;
  readonly ast: ASTNode;
  /** Every use of a name that is not bound by a macro inside the expression, in order of appearance. */
  readonly identifiers: readonly FreeName[];
};

/** All that is wrong with it: the first is also spread out on the top level. */
export type ParseFailure = ExpressionFailure & { readonly problems: readonly ExpressionFailure[] };

/**
 * Only the grammar is taken from the library: its evaluator has no budget, runs JavaScript's own regular expressions
 * (minutes on an evil pattern), and refuses `1 == 1.0`.
 */
const grammar = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  limits: {
    maxAstNodes: LIMITS.astNodes,
    maxDepth: LIMITS.depth,
    maxListElements: LIMITS.listLiteral,
    maxMapEntries: LIMITS.listLiteral,
    maxCallArguments: 16,
  },
});

const parsed = new Map<string, Expression | ParseFailure>();

/** Reads an expression. The same text is read once. Unknown functions and forbidden constructs are problems here already. */
export function parseExpression(source: string): Expression | ParseFailure {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const result = read(source);
  if (parsed.size >= LIMITS.cached) parsed.clear();
  parsed.set(source, result);
  return result;
}

function read(source: string): Expression | ParseFailure {
  const whole = { start: 0, end: source.length };
  if (source.trim() === '') return one(failure('An expression is missing here.', whole));
  if (source.length > LIMITS.sourceLength) {
    return one(failure(`This expression is longer than ${LIMITS.sourceLength} characters.`, whole));
  }
  let ast: ASTNode;
  try {
    ast = grammar.parse(source).ast;
  } catch (error) {
    return one(syntaxFailure(error, source));
  }
  const { names, problems } = inspect(ast);
  const first = problems[0];
  if (first !== undefined) return { ...first, problems };
  return { ok: true, source, ast, identifiers: names };
}

function one(problem: ExpressionFailure): ParseFailure {
  return { ...problem, problems: [problem] };
}

function syntaxFailure(error: unknown, source: string): ExpressionFailure {
  if (error instanceof ParseError) {
    const place = error.range ?? { start: 0, end: source.length };
    return failure(sentence(error.code, error.summary), place, syntaxMend(error.code, source, place.start));
  }
  return failure('This expression is nested too deeply.', { start: 0, end: source.length });
}

const TOKENS: readonly (readonly [RegExp, string])[] = [
  [/\bEOF\b/g, 'the end'],
  [/\bRPAREN\b/g, ')'],
  [/\bLPAREN\b/g, '('],
  [/\bRBRACKET\b/g, ']'],
  [/\bLBRACKET\b/g, '['],
  [/\bRBRACE\b/g, '}'],
  [/\bLBRACE\b/g, '{'],
  [/\bIDENTIFIER\b/g, 'a name'],
  [/\bCOLON\b/g, ':'],
  [/\bCOMMA\b/g, ','],
];

function sentence(code: string, summary: string): string {
  if (code === 'limit_exceeded') return `This expression is too large: ${summary}.`;
  const worded = TOKENS.reduce((text, [token, word]) => text.replace(token, word), summary);
  return `${worded}.`;
}

function syntaxMend(code: string, source: string, offset: number): string | undefined {
  const here = source.slice(Math.max(0, offset - 1), offset + 1);
  if (/(?:^|[^=!<>])=(?:[^=]|$)/.test(here) || source[offset] === '=') return 'Write == to compare.';
  if (code === 'reserved_identifier') return 'CEL keeps this word for itself: give the name another one.';
  const word = (/^\s*(and|or|not)\b/.exec(source.slice(offset)) ??
    /\b(and|or|not)\s+$/.exec(source.slice(0, offset)))?.[1];
  if (word === 'and') return 'Write && for "and".';
  if (word === 'or') return 'Write || for "or".';
  if (word === 'not') return 'Write not(…).';
  if (code.startsWith('unterminated')) return 'Close the quote.';
  if (code === 'invalid_macro_argument')
    return 'Its first argument is a name of your choice: list.map(m, m.name).';
  return undefined;
}

const RESERVED = new Set(
  (
    'as break const continue else for function if import let loop package namespace return var void while in true false ' +
    'null __proto__ prototype'
  ).split(' '),
);

/** Whether CEL can't use it as a name, so that no input, step or `as` may be called so. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}
