import type { Json } from '../plan/json.ts';
import { plainNumber } from './scalar.ts';

/**
 * A value of an INI inventory: Ansible reads it as a Python literal where it is one, and as a text otherwise. Lists, tuples and
 * dictionaries are read, quotes of both kinds, True, False and None. A number that would not print as it is written stays a text.
 */
export function pythonValue(text: string): Json {
  const reader = new LiteralReader(text);
  try {
    const value = reader.value(0);
    return reader.atEnd() ? value : text;
  } catch (thrown) {
    if (thrown instanceof NoLiteral) return text;
    throw thrown;
  }
}

/** The text is no literal: it stands for itself. */
class NoLiteral extends Error {}

/** Deeper nesting than this is a text. */
const DEEPEST = 50;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*)?\.\d[\d_]*(?:[eE][+-]?\d+)?|\d[\d_]*\.?(?:[eE][+-]?\d+)?)/y;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['True', true],
  ['False', false],
  ['None', null],
]);
const ESCAPES: { readonly [letter: string]: string } = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether only blanks or a comment are left. */
  atEnd(): boolean {
    this.#blanks();
    return this.#at === this.#text.length || this.#text[this.#at] === '#';
  }

  value(depth: number): Json {
    this.#blanks();
    if (depth > DEEPEST) throw new NoLiteral();
    const char = this.#text[this.#at] ?? '';
    if (char === '[') return this.#items('[', ']', depth).items;
    if (char === '(') {
      const { items, comma } = this.#items('(', ')', depth);
      const [only] = items;
      return items.length === 1 && !comma && only !== undefined ? only : items;
    }
    if (char === '{') return this.#braces(depth);
    if (/^[uUrR]?['"]/.test(this.#text.slice(this.#at, this.#at + 2))) return this.#strings();
    const word = /^[A-Za-z]+/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    const known = WORDS.get(word);
    if (known !== undefined) {
      this.#at += word.length;
      return known;
    }
    return this.#number();
  }

  #blanks(): void {
    while (/[ \t]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #takes(char: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #must(char: string): void {
    if (!this.#takes(char)) throw new NoLiteral();
  }

  #items(open: string, close: string, depth: number): { readonly items: Json[]; readonly comma: boolean } {
    this.#must(open);
    const items: Json[] = [];
    let comma = false;
    while (!this.#takes(close)) {
      if (items.length > 0 && !comma) throw new NoLiteral();
      items.push(this.value(depth + 1));
      comma = this.#takes(',');
    }
    return { items, comma };
  }

  /** A dictionary, or a set, which is a list here. */
  #braces(depth: number): Json {
    this.#must('{');
    const items: Json[] = [];
    const object: { [key: string]: Json } = {};
    let comma = true;
    while (!this.#takes('}')) {
      if (!comma) throw new NoLiteral();
      const key = this.value(depth + 1);
      if (this.#takes(':')) object[keyOf(key)] = this.value(depth + 1);
      else items.push(key);
      comma = this.#takes(',');
    }
    if (items.length > 0 && Object.keys(object).length > 0) throw new NoLiteral();
    return items.length > 0 ? items : object;
  }

  /** Texts that follow each other are one. */
  #strings(): string {
    let whole = '';
    for (;;) {
      this.#blanks();
      const found = /^([uUrR]?)(['"])/.exec(this.#text.slice(this.#at, this.#at + 2));
      if (found === null) return whole;
      this.#at += found[0].length;
      whole += this.#string(found[2] ?? '', /r/i.test(found[1] ?? ''));
    }
  }

  #string(quote: string, raw: boolean): string {
    let text = '';
    for (; this.#at < this.#text.length; this.#at++) {
      const char = this.#text[this.#at] ?? '';
      const next = this.#text[this.#at + 1] ?? '';
      if (char === quote) {
        this.#at += 1;
        return text;
      }
      if (char !== '\\') text += char;
      else {
        this.#at += 1;
        text += raw ? char + next : (ESCAPES[next] ?? char + next);
      }
    }
    throw new NoLiteral();
  }

  #number(): Json {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text)?.[0];
    // Python knows no 007; a letter right behind a number makes it none.
    if (found === undefined || /^[+-]?0\d*[1-9]\d*$/.test(found)) throw new NoLiteral();
    this.#at += found.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? '')) throw new NoLiteral();
    return plainNumber(found) ?? found;
  }
}

function keyOf(key: Json): string {
  if (key !== null && typeof key === 'object') throw new NoLiteral();
  return String(key);
}
