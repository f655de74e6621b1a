import { isMap, isPair, isScalar, isSeq, type LineCounter, type Node, type Scalar } from 'yaml';
import type { Position } from '../../plan/plan.ts';

/** A place in a document: keys and indices from its root. */
export type Path = readonly (string | number)[];

/** A document as plain data. Every scalar is the text that stands in the file: nothing is guessed from its look. */
export type Tree = string | null | readonly Tree[] | { readonly [key: string]: Tree };

/** A scalar of the file. */
export type Written = {
  readonly text: string;
  /** Without quotes and not as a block: only such a scalar can be a number, `true` or nothing. */
  readonly plain: boolean;
  readonly block: boolean;
  /** A comment follows on the same line. */
  readonly commented: boolean;
};

/** A read YAML file: its data, and where in the file each part of it stands. */
export class Source {
  readonly file: string;
  readonly text: string;
  readonly tree: Tree;
  /** The document's root as the YAML library has it. */
  readonly root: Node | null;
  readonly #lines: LineCounter;

  constructor(file: string, text: string, root: Node | null, lines: LineCounter) {
    this.file = file;
    this.text = text;
    this.root = root;
    this.#lines = lines;
    this.tree = toTree(root);
  }

  /** Where the value stands, or what is nearest to it where there is none. */
  at(path: Path): Position {
    return this.position(this.#find(path, 'value'));
  }

  /** Where the key of the value stands (for an item of a list: the item). */
  keyAt(path: Path): Position {
    return this.position(this.#find(path, 'key'));
  }

  /** Where the character number `offset` of a scalar's text stands in the file. */
  within(path: Path, offset: number): Position {
    const node = this.#node(path);
    if (!isScalar(node) || typeof node.value !== 'string') return this.at(path);
    return this.position(align(this.text, node, node.value, offset));
  }

  scalar(path: Path): Written | undefined {
    const node = this.#node(path);
    if (!isScalar(node)) return undefined;
    const end = node.range?.[1] ?? 0;
    return {
      text: typeof node.value === 'string' ? node.value : '',
      plain: node.type === 'PLAIN',
      block: node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL',
      commented: node.type === 'PLAIN' && /^[ \t]+#/.test(this.text.slice(end, end + 200)),
    };
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(Math.max(0, Math.min(offset, this.text.length)));
    return { file: this.file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #node(path: Path): unknown {
    let node: unknown = this.root;
    for (const step of path) node = child(node, step)?.value;
    return node;
  }

  #find(path: Path, part: 'key' | 'value'): number {
    let node: unknown = this.root;
    let best = offsetOf(node) ?? 0;
    for (const [i, step] of path.entries()) {
      const next = child(node, step);
      if (next === undefined) return best;
      const key = offsetOf(next.key);
      const value = offsetOf(next.value);
      best = (part === 'key' && i === path.length - 1 ? (key ?? value) : (value ?? key)) ?? best;
      node = next.value;
    }
    return best;
  }
}

function child(node: unknown, step: string | number): { key?: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
    return pair === undefined ? undefined : { key: pair.key, value: pair.value };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { value: item };
  }
  return undefined;
}

function offsetOf(node: unknown): number | undefined {
  if (isPair(node)) return offsetOf(node.key);
  return (node as Node | null | undefined)?.range?.[0];
}

function toTree(node: unknown): Tree {
  if (isScalar(node)) return typeof node.value === 'string' && !isNothing(node) ? node.value : null;
  if (isSeq(node)) return node.items.map(toTree);
  if (isMap(node)) {
    const tree: { [key: string]: Tree } = Object.create(null);
    for (const { key, value } of node.items) if (isScalar(key)) tree[String(key.value)] = toTree(value);
    return tree;
  }
  return null;
}

/** `key:` with nothing behind it. */
function isNothing(node: Scalar): boolean {
  return node.type === 'PLAIN' && node.value === '';
}

/** Walks the scalar's source and its value side by side: quotes, escapes, folds and indents are passed over. */
function align(text: string, node: Scalar, value: string, offset: number): number {
  const [from, to] = node.range ?? [0, 0];
  let at = from;
  if (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL') {
    const line = text.indexOf('\n', from);
    at = line < 0 ? from : line + 1;
  } else if (node.type !== 'PLAIN') at += 1;
  for (let i = 0; ; i++) {
    const wanted = value[i];
    while (at < to && wanted !== undefined && text[at] !== wanted && !(isBlank(wanted) && isBlank(text[at])))
      at += 1;
    if (i >= offset || wanted === undefined || at >= to) return Math.min(at, to);
    at += 1;
    const next = value[i + 1];
    if (next !== undefined && !isBlank(next)) while (at < to && isBlank(text[at])) at += 1;
  }
}

function isBlank(char: string | undefined): boolean {
  return char === ' ' || char === '\n' || char === '\t' || char === '\r';
}
