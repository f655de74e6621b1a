import type { Json } from '../json.ts';
import type { ScalarKind, Type } from '../types.ts';
import { isJsonList } from './encoding.ts';
import { didYouMean } from './nearest-name.ts';

export type ParsedType =
  | { readonly ok: true; readonly type: Type }
  | { readonly ok: false; readonly message: string; readonly mend?: string };

const SCALARS: readonly ScalarKind[] = [
  'string',
  'text',
  'int',
  'number',
  'bool',
  'duration',
  'size',
  'url',
  'host',
  'hosts',
  'secret',
];
const WORDS: readonly string[] = [...SCALARS, 'any', 'list<T>', '{ name: T }', 'choice(a, b)'];

/** `list<{ name: string, id: string }>`: what `parseType` reads back. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `list<${typeText(type.of)}>`;
    case 'object': {
      const fields = Object.entries(type.fields).map(([name, of]) => `${name}: ${typeText(of)}`);
      return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
    }
    case 'choice':
      return `choice(${type.values.join(', ')})`;
    default:
      return type.kind;
  }
}

/** Reads a type as a runbook writes it: text, or (for objects) YAML's own map of name to type, nested as one likes. */
export function parseType(written: Json): ParsedType {
  if (typeof written === 'string') return new TypeReader(written).read();
  if (written === null || typeof written !== 'object' || isJsonList(written)) {
    return {
      ok: false,
      message: `A type is a text such as int, not ${JSON.stringify(written)}.`,
      mend: known(),
    };
  }
  const fields: [string, Type][] = [];
  for (const [name, of] of Object.entries(written)) {
    const parsed = parseType(of);
    if (!parsed.ok) return { ...parsed, message: `${name}: ${parsed.message}` };
    fields.push([name, parsed.type]);
  }
  return { ok: true, type: { kind: 'object', fields: Object.fromEntries(fields) } };
}

function known(): string {
  return `Types are ${WORDS.join(', ')}.`;
}

class Unreadable extends Error {
  readonly mend: string;
  constructor(message: string, mend: string) {
    super(message);
    this.mend = mend;
  }
}

/** Recursive descent over the tokens of a type's text. */
class TypeReader {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/[\w.-]+|[^\s]/g) ?? [];
  }

  read(): ParsedType {
    try {
      const type = this.#type();
      const rest = this.#tokens[this.#at];
      if (rest !== undefined) throw new Unreadable(`${this.#text} is no type: ${rest} is too much.`, known());
      return { ok: true, type };
    } catch (error) {
      if (error instanceof Unreadable) return { ok: false, message: error.message, mend: error.mend };
      throw error;
    }
  }

  #type(): Type {
    if (this.#depth++ > 20) throw new Unreadable('This type is nested too deeply.', known());
    const type = this.#one();
    this.#depth--;
    return type;
  }

  #one(): Type {
    const word = this.#next();
    if (word === '{') return this.#object();
    if (word === 'any') return { kind: 'any' };
    if (word === 'list') {
      this.#expect('<', 'Write list<string>.');
      const of = this.#type();
      this.#expect('>', 'Close it with >.');
      return { kind: 'list', of };
    }
    if (word === 'choice') return this.#choice();
    const scalar = SCALARS.find((kind) => kind === word);
    if (scalar !== undefined) return { kind: scalar };
    if (word === undefined)
      throw new Unreadable(`${this.#text || 'Nothing'} is no type: it ends too early.`, known());
    throw new Unreadable(`There is no type ${word}.`, typeMend(word));
  }

  #object(): Type {
    const fields: [string, Type][] = [];
    while (this.#tokens[this.#at] !== '}') {
      if (fields.length > 0) {
        this.#expect(',', 'Separate fields with commas.');
        if (this.#tokens[this.#at] === '}') break;
      }
      const name = this.#next();
      if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) {
        throw new Unreadable(
          `${this.#text} is no type: a field's name is missing.`,
          'Write { name: string }.',
        );
      }
      if (fields.some(([other]) => other === name))
        throw new Unreadable(`The field ${name} is there twice.`, 'Remove one.');
      this.#expect(':', `Give ${name} a type: { ${name}: string }.`);
      fields.push([name, this.#type()]);
    }
    this.#at++;
    return { kind: 'object', fields: Object.fromEntries(fields) };
  }

  #choice(): Type {
    this.#expect('(', 'Write choice(a, b), or for an input type: choice with values: [a, b].');
    const values: string[] = [];
    for (;;) {
      const value = this.#next();
      if (value === undefined || /^[(),]$/.test(value))
        throw new Unreadable('A value of the choice is missing.', 'Write choice(a, b).');
      values.push(value);
      if (this.#tokens[this.#at] === ',') this.#at++;
      else break;
    }
    this.#expect(')', 'Close it with ).');
    return { kind: 'choice', values };
  }

  #next(): string | undefined {
    return this.#tokens[this.#at++];
  }

  #expect(token: string, mend: string): void {
    if (this.#next() !== token) throw new Unreadable(`${this.#text} is no type: ${token} is missing.`, mend);
  }
}

const OTHER_WORDS: { readonly [word: string]: string } = {
  integer: 'int',
  boolean: 'bool',
  float: 'number',
  double: 'number',
  str: 'string',
  array: 'list<T>',
  object: '{ name: T }',
  map: '{ name: T }',
  uint: 'int',
};

function typeMend(word: string): string {
  const other = Object.hasOwn(OTHER_WORDS, word) ? OTHER_WORDS[word] : undefined;
  return other === undefined
    ? (didYouMean(word, [...SCALARS, 'any', 'list', 'choice']) ?? known())
    : `It is called ${other} here.`;
}
