import type { Expr, Template, TemplateTree } from '../plan.ts';
import { type Evaluated, evaluate, type Scope } from './evaluate.ts';
import { type ExpressionFailure, Fault, failure, failureOf } from './failure.ts';
import { type Expression, parseExpression } from './parse.ts';
import { plainJson } from './plain-json.ts';
import { toText } from './text.ts';
import type { Value } from './values.ts';

/** An expression of a template, and where its text starts in the whole. */
export type Hole = { readonly expression: Expression; readonly offset: number };

export type ParsedTemplate =
  | { readonly ok: true; readonly template: Template; readonly holes: readonly Hole[] }
  | (ExpressionFailure & { readonly problems: readonly ExpressionFailure[] });

/** Reads `text ${{ expression }} text`. Offsets of problems are in the whole text. `$${{` stands for a plain `${{`. */
export function parseTemplate(text: string): ParsedTemplate {
  const parts: (string | Expr)[] = [];
  const holes: Hole[] = [];
  const problems: ExpressionFailure[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('${{', at);
    if (open < 0) break;
    if (open > at && text[open - 1] === '$') {
      literal += `${text.slice(at, open - 1)}\${{`;
      at = open + 3;
      continue;
    }
    literal += text.slice(at, open);
    const close = closingBraces(text, open + 3);
    if (close === undefined) {
      problems.push(
        failure('This ${{ is never closed.', { start: open, end: open + 3 }, 'Close it with }}.'),
      );
      at = text.length;
      break;
    }
    const source = text.slice(open + 3, close);
    const lead = source.length - source.trimStart().length;
    const expression = parseExpression(source.trim());
    const offset = open + 3 + (source.trim() === '' ? 0 : lead);
    if (expression.ok) {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ cel: expression.source });
      holes.push({ expression, offset });
    } else {
      for (const problem of expression.problems)
        problems.push({ ...problem, offset: problem.offset + offset });
    }
    at = close + 2;
  }
  literal += text.slice(at);
  if (literal !== '' || parts.length === 0) parts.push(literal);
  const first = problems[0];
  return first === undefined ? { ok: true, template: parts, holes } : { ...first, problems };
}

/** Whether a text has expressions in it at all. */
export function isTemplate(text: string): boolean {
  return text.includes('${{');
}

/** Where the `}}` stands that ends the expression: not in a quoted text, and not closing a map of its own. */
function closingBraces(text: string, from: number): number | undefined {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '"' || char === "'") {
      const end = closingQuote(text, i, char);
      if (end === undefined) return undefined;
      i = end;
    } else if (char === '{') depth++;
    else if (char === '}') {
      if (depth === 0) return text[i + 1] === '}' ? i : undefined;
      depth--;
    }
  }
  return undefined;
}

/** CEL's texts: one or three quotes; a backslash takes the next character (the library's lexer does so in raw texts too). */
function closingQuote(text: string, open: number, quote: string): number | undefined {
  const mark = text.startsWith(quote.repeat(3), open) ? quote.repeat(3) : quote;
  for (let i = open + mark.length; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text.startsWith(mark, i)) return i + mark.length - 1;
  }
  return undefined;
}

/** One lone expression keeps its type; anything else is a text. A failure's offset is in the expression that failed. */
export function renderTemplate(template: Template, scope: Scope): Evaluated {
  const [only] = template;
  if (template.length === 1 && only !== undefined) {
    return typeof only === 'string' ? { ok: true, value: only } : evaluate(only.cel, scope);
  }
  return renderText(template, scope);
}

export type RenderedText = { readonly ok: true; readonly value: string } | ExpressionFailure;

/** A template as a script's environment or a header gets it: always a text, see `toText`. */
export function renderText(template: Template, scope: Scope): RenderedText {
  const texts: string[] = [];
  for (const part of template) {
    const rendered = typeof part === 'string' ? ({ ok: true, value: part } as const) : exprText(part, scope);
    if (!rendered.ok) return rendered;
    texts.push(rendered.value);
  }
  return { ok: true, value: texts.join('') };
}

function exprText(expr: Expr, scope: Scope): RenderedText {
  const result = evaluate(expr.cel, scope);
  if (!result.ok) return result;
  try {
    return { ok: true, value: plainText(result.value) };
  } catch (error) {
    if (error instanceof Fault) return failureOf(error);
    throw error;
  }
}

/** A NUL would let an output forge a secret's marker. */
function plainText(value: Value): string {
  if (typeof value === 'string' && value.includes('\0'))
    throw new Fault('This text has a NUL character in it.');
  return toText(value);
}

/** A JSON body with its expressions in place. */
export function renderTree(tree: TemplateTree, scope: Scope): Evaluated {
  if ('literal' in tree) return { ok: true, value: plainJson(tree.literal) };
  if ('template' in tree) return renderTemplate(tree.template, scope);
  if ('list' in tree) {
    const items: Value[] = [];
    for (const item of tree.list) {
      const rendered = renderTree(item, scope);
      if (!rendered.ok) return rendered;
      items.push(rendered.value);
    }
    return { ok: true, value: items };
  }
  const entries: [string, Value][] = [];
  for (const [key, item] of Object.entries(tree.object)) {
    const rendered = renderTree(item, scope);
    if (!rendered.ok) return rendered;
    entries.push([key, rendered.value]);
  }
  return { ok: true, value: Object.fromEntries(entries) };
}
