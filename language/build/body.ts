import type { TemplateTree } from '../../plan/plan.ts';
import type { Viewpoint } from '../check/scope.ts';
import { literal } from '../yaml/literals.ts';
import type { Path, Tree } from '../yaml/source.ts';
import type { UnitContext } from './unit-context.ts';

/** A JSON body: texts may have expressions in them, everything else is as YAML says. */
export function readTree(
  unit: UnitContext,
  path: Path,
  tree: Tree,
  view: Viewpoint,
): TemplateTree | undefined {
  const { source, complaints, expressions } = unit;
  if (typeof tree === 'string' || tree === null) {
    if (tree?.includes(`\${{`) === true) {
      const read = expressions.template({ source, path }, tree, view);
      return read === undefined ? undefined : { template: read.template };
    }
    const written = source.scalar(path);
    const value = literal(written ?? { text: '', plain: true, block: false, commented: false });
    if (value.ok) return { literal: value.value };
    complaints.error(source.at(path), {
      code: 'yaml/ambiguous-scalar',
      message: value.message,
      mend: value.mend,
    });
    return undefined;
  }
  if (isList(tree)) {
    const list = tree.map((item, i) => readTree(unit, [...path, i], item, view));
    return list.includes(undefined) ? undefined : { list: list.filter((item) => item !== undefined) };
  }
  const entries = Object.entries(tree).map(
    ([key, item]) => [key, readTree(unit, [...path, key], item, view)] as const,
  );
  const object: { [key: string]: TemplateTree } = {};
  for (const [key, item] of entries) {
    if (item === undefined) return undefined;
    object[key] = item;
  }
  return { object };
}

function isList(tree: Tree): tree is readonly Tree[] {
  return Array.isArray(tree);
}
