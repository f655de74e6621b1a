import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Path } from '../yaml/source.ts';
import { inOrder } from './key-order.ts';

/** A value on one line: `{ a: b, c: [d, e] }`. Scalars stay as they are written; so does what has a comment or several lines. */
export function flowText(text: string, node: Node, path: Path): string {
  const written = text.slice(node.range?.[0], node.range?.[1]);
  if (written.includes('\n')) return written;
  return textOf(text, node, path) ?? written;
}

function textOf(text: string, node: unknown, path: Path): string | undefined {
  if (isScalar(node)) return text.slice(node.range?.[0], node.range?.[1]);
  if (isSeq(node)) {
    const items = node.items.map((item, i) => textOf(text, item, [...path, i]));
    return items.includes(undefined) ? undefined : `[${items.join(', ')}]`;
  }
  if (!isMap(node)) return undefined;
  const parts: { readonly key: string; readonly text: string }[] = [];
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : undefined;
    const inner = name === undefined ? undefined : textOf(text, value, [...path, name]);
    if (name === undefined || inner === undefined || inner === '') return undefined;
    parts.push({ key: name, text: `${textOf(text, key, path)}: ${inner}` });
  }
  if (parts.length === 0) return '{}';
  return `{ ${inOrder(path, parts)
    .map((part) => part.text)
    .join(', ')} }`;
}
