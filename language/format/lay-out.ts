import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Path } from '../yaml/source.ts';
import { flowText } from './flow-text.ts';
import { inOrder } from './key-order.ts';

type Block = YAMLMap | YAMLSeq;

/** Thrown for what is written in a way that has no usual form; the file then stays as it is. */
export class Unusual extends Error {}

/** Whether it is a mapping or list in block style: a line for each of its parts. */
export function isBlock(node: Node | null): node is Block {
  return (isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0;
}

/** The text of a document whose root is a block collection, laid out anew. @throws Unusual */
export function layOut(text: string, root: Block): string {
  const page = new Page(text);
  const first = page.lineOf(startOf(root));
  const header = page.between(0, first, 0);
  const body = page.collection(root, [], 0, first, page.lines.length);
  return `${[...header, ...body].join('\n').trimEnd()}\n`;
}

/** A part of a collection: the comments above it, and the lines that it is made of. */
type Part = { readonly above: readonly string[]; readonly lines: readonly string[] };

class Page {
  readonly lines: readonly string[];
  readonly #text: string;
  readonly #starts: number[] = [0];

  constructor(text: string) {
    this.#text = text;
    this.lines = text.split('\n');
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The comments and empty lines from one line to before another, at an indent; one empty line for several. */
  between(from: number, to: number, indent: number): readonly string[] {
    const kept: string[] = [];
    for (const line of this.lines.slice(from, to)) {
      const trimmed = line.trim();
      if (trimmed === '' && kept.at(-1) === '') continue;
      if (trimmed !== '' && !trimmed.startsWith('#')) throw new Unusual();
      kept.push(trimmed === '' ? '' : ' '.repeat(indent) + trimmed);
    }
    return kept;
  }

  /** A block collection at an indent. Its first part begins in the line `from`; what is behind its last one, to `to`, is its own. */
  collection(block: Block, path: Path, indent: number, from: number, to: number): readonly string[] {
    const column = this.#columnOf(block);
    const parts: { readonly key: string; readonly part: Part }[] = [];
    let line = from;
    for (const [i, item] of block.items.entries()) {
      const node = isMap(block) ? ((item as Pair).key as Node) : (item as Node);
      const next = block.items[i + 1];
      const begins = this.lineOf(startOf(node));
      const following =
        next === undefined ? undefined : isMap(block) ? ((next as Pair).key as Node) : (next as Node);
      const end =
        following === undefined
          ? to
          : this.#above(this.lineOf(startOf(following)), column, this.#endLine(item));
      const above = this.between(line, begins, indent);
      const key = isMap(block) ? String(((item as Pair).key as { value?: unknown }).value) : String(i);
      const lines = isMap(block)
        ? this.#pair(item as Pair, [...path, key], indent, end)
        : this.#item(item as Node, [...path, i], indent, end);
      parts.push({ key, part: { above, lines: next === undefined ? withoutEnd(lines) : lines } });
      line = end;
    }
    const ordered = isMap(block) ? inOrder(path, parts) : parts;
    const all = ordered.flatMap(({ part }) => [...part.above, ...part.lines]);
    return all.filter((each, i) => each !== '' || (i > 0 && all[i - 1] !== ''));
  }

  /** The first line of the comments above a line that are about what begins there: not deeper than it. */
  #above(line: number, column: number, after: number): number {
    let first = line;
    for (let at = line - 1; at > after; at--) {
      const text = this.lines[at] ?? '';
      if (text.trim() !== '' && text.length - text.trimStart().length > column) break;
      first = at;
    }
    return first;
  }

  #pair(pair: Pair, path: Path, indent: number, to: number): readonly string[] {
    const key = pair.key as Node;
    const value = pair.value as Node | null;
    const line = this.lineOf(startOf(key));
    const name = this.#slice(key);
    if (value === null || (isScalar(value) && value.range?.[0] === value.range?.[1]))
      return [`${' '.repeat(indent)}${name}:${this.#afterColon(key)}`, ...this.#rest(line + 1, to, indent)];
    if (!isBlock(value))
      return this.#leaf(name, value, path, { indent, line, to, column: this.#columnOf(key) });
    const begins = this.lineOf(startOf(value));
    if (begins === line) throw new Unusual();
    return [
      `${' '.repeat(indent)}${name}:${this.#afterColon(key)}`,
      ...this.collection(value, path, indent + 2, line + 1, to),
    ];
  }

  /** A scalar, or a collection in braces. */
  #leaf(
    name: string,
    value: Node,
    path: Path,
    at: { readonly indent: number; readonly line: number; readonly to: number; readonly column: number },
  ): readonly string[] {
    const { indent, line, to, column } = at;
    const first = this.lineOf(startOf(value));
    const last = Math.max(first, this.#endLine(value));
    const pad = ' '.repeat(indent);
    const end = value.range?.[1] ?? 0;
    if (isScalar(value) && value.type?.startsWith('BLOCK_') === true) {
      const header = this.#text.slice(startOf(value), this.#starts[first + 1] ?? this.#text.length).trimEnd();
      return [
        `${pad}${name}: ${header}`,
        ...this.#shifted(first + 1, last + 1, indent - column),
        ...this.#rest(last + 1, to, indent),
      ];
    }
    if (first === last && first === line) {
      const behind = this.#text.slice(end, (this.#starts[first + 1] ?? this.#text.length + 1) - 1).trimEnd();
      return [
        `${pad}${name}: ${flowText(this.#text, value, path)}${behind}`,
        ...this.#rest(last + 1, to, indent),
      ];
    }
    const head = this.lines[line] ?? '';
    return [
      `${pad}${head.trim()}`,
      ...this.#shifted(line + 1, last + 1, indent - column),
      ...this.#rest(last + 1, to, indent),
    ];
  }

  #item(item: Node, path: Path, indent: number, to: number): readonly string[] {
    const line = this.lineOf(startOf(item));
    const pad = ' '.repeat(indent);
    if (!/^\s*- *$/.test((this.lines[line] ?? '').slice(0, startOf(item) - (this.#starts[line] ?? 0))))
      throw new Unusual();
    if (isBlock(item)) {
      const lines = this.collection(item, path, indent + 2, line, to);
      const hoisted = lines.findIndex((each) => !each.trim().startsWith('#') && each !== '');
      const above = lines.slice(0, hoisted).map((each) => each.slice(2));
      const [first = '', ...rest] = lines.slice(hoisted);
      return [...above, `${pad}- ${first.trimStart()}`, ...rest];
    }
    const last = this.#endLine(item);
    if (last > line) throw new Unusual();
    const end = item.range?.[1] ?? 0;
    const behind = this.#text.slice(end, (this.#starts[line + 1] ?? this.#text.length + 1) - 1).trimEnd();
    return [`${pad}- ${flowText(this.#text, item, path)}${behind}`, ...this.#rest(line + 1, to, indent)];
  }

  #rest(from: number, to: number, indent: number): readonly string[] {
    return this.between(from, to, indent);
  }

  /** Lines moved sideways as a whole: their own indent, relative to each other, is a part of what they say. */
  #shifted(from: number, to: number, by: number): readonly string[] {
    return this.lines.slice(from, to).map((line) => {
      if (line.trim() === '') return '';
      return by >= 0 ? ' '.repeat(by) + line : line.slice(-by);
    });
  }

  /** What stands behind the colon in the line of a key: nothing, or a comment. */
  #afterColon(key: Node): string {
    const from = (key.range?.[1] ?? 0) + 1;
    const line = this.lineOf(from - 1);
    const behind = this.#text.slice(from, (this.#starts[line + 1] ?? this.#text.length + 1) - 1).trimEnd();
    if (behind.trim() !== '' && !behind.trim().startsWith('#')) throw new Unusual();
    return behind;
  }

  /** The last line of what a pair or node says. */
  #endLine(item: unknown): number {
    const node = item as {
      readonly value?: unknown;
      readonly key?: unknown;
      readonly range?: readonly number[] | null;
    };
    const inside = node.range ?? (node.value as Node | null)?.range ?? (node.key as Node | null)?.range;
    const end = inside?.[1] ?? 0;
    return this.lineOf(Math.max(0, this.#text[end - 1] === '\n' ? end - 1 : end));
  }

  #columnOf(node: Node): number {
    const start = startOf(node);
    return start - (this.#starts[this.lineOf(start)] ?? 0);
  }

  #slice(node: Node): string {
    return this.#text.slice(node.range?.[0], node.range?.[1]);
  }
}

/** Empty lines at the end of a file are nobody's. */
function withoutEnd(lines: readonly string[]): readonly string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1);
}

/** Where a node begins; a block collection where its first part does. */
function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
