import type { Complaints } from '../../plan/complaints.ts';
import type { Position } from '../../plan/plan.ts';
import { BUILT_IN } from '../check/scope.ts';
import type { Path, Source, Tree } from '../yaml/source.ts';

type Named = { readonly name: string; readonly what: string; readonly at: Position };

/**
 * Every name that a runbook gives: inputs, steps, `set` and `as` share one set. Complains of two alike, save two loops
 * that are not inside one another.
 */
export function collectNames(source: Source, complaints: Complaints): ReadonlySet<string> {
  const taken = new Map<string, Named>();
  const all = new Set<string>();
  const tree = asMap(source.tree);
  for (const name of Object.keys(asMap(tree.inputs)))
    take({ name, what: 'an input', at: source.keyAt(['inputs', name]) });
  walk(tree.steps, ['steps'], new Map());
  for (const each of loopNames(source, tree.steps, ['steps'])) {
    const other = taken.get(each.name);
    if (other !== undefined) twice(each, other);
  }
  return all;

  function walk(steps: Tree | undefined, path: Path, loops: ReadonlyMap<string, Named>): void {
    if (!Array.isArray(steps)) return;
    for (const [i, step] of steps.entries()) {
      const keys = asMap(step);
      const here = [...path, i];
      if (typeof keys.id === 'string')
        take({ name: keys.id, what: 'a step', at: source.at([...here, 'id']) });
      for (const name of Object.keys(asMap(keys.set)))
        take({ name, what: 'a value that is set', at: source.keyAt([...here, 'set', name]) });
      let inner = loops;
      if (typeof keys.as === 'string') {
        const loop = { name: keys.as, what: 'a loop around this', at: source.at([...here, 'as']) };
        reserved(loop);
        const other = loops.get(loop.name);
        if (other !== undefined) twice(loop, other);
        inner = new Map(loops).set(loop.name, loop);
      }
      walk(keys.steps, [...here, 'steps'], inner);
    }
  }

  function take(named: Named): void {
    all.add(named.name);
    reserved(named);
    const other = taken.get(named.name);
    if (other === undefined) taken.set(named.name, named);
    else twice(named, other);
  }

  function reserved({ name, at }: Named): void {
    if (!BUILT_IN.has(name) || name === 'item') return;
    complaints.error(at, {
      code: 'name/reserved',
      message: `${name} means something in every expression, as do ${[...BUILT_IN].filter((each) => each !== name).join(', ')}.`,
      mend: 'Give it another name.',
    });
  }

  function twice(named: Named, other: Named): void {
    complaints.error(named.at, {
      code: 'name/twice',
      message: `${named.name} is already the name of ${other.what} (line ${other.at.line}).`,
      mend: 'Inputs, steps, set and as share one set of names: give one of them another.',
    });
  }
}

function* loopNames(source: Source, steps: Tree | undefined, path: Path): Generator<Named> {
  if (!Array.isArray(steps)) return;
  for (const [i, step] of steps.entries()) {
    const keys = asMap(step);
    const here = [...path, i];
    if (typeof keys.as === 'string') yield { name: keys.as, what: 'a loop', at: source.at([...here, 'as']) };
    yield* loopNames(source, keys.steps, [...here, 'steps']);
  }
}

function asMap(tree: Tree | undefined): { readonly [key: string]: Tree } {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return {};
  return tree as { readonly [key: string]: Tree };
}
