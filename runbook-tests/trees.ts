import { literal } from '../language/yaml/literals.ts';
import type { Path, Source, Tree } from '../language/yaml/source.ts';
import type { Json } from '../plan/json.ts';

export type TreeMap = { readonly [key: string]: Tree };

export function isTreeMap(tree: Tree | undefined): tree is TreeMap {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

export function isTreeList(tree: Tree | undefined): tree is readonly Tree[] {
  return Array.isArray(tree);
}

/** A part of a file as JSON: plain scalars are the numbers, truth values and nothing that they look like; what could be two things stays text. */
export function jsonAt(source: Source, path: Path, tree: Tree): Json {
  if (isTreeList(tree)) return tree.map((item, i) => jsonAt(source, [...path, i], item));
  if (isTreeMap(tree))
    return Object.fromEntries(
      Object.entries(tree).map(([key, item]) => [key, jsonAt(source, [...path, key], item)]),
    );
  const written = source.scalar(path);
  const read = written === undefined ? undefined : literal(written);
  return read?.ok === true ? read.value : tree;
}

/** A value that arrives as its declared type wants it: of lists and maps the leaves as JSON, anything else as it is written. */
export function givenAt(source: Source, path: Path, tree: Tree): Json {
  return typeof tree === 'string' ? tree : jsonAt(source, path, tree);
}
