import type { z } from 'zod';
import type { Complaints } from '../../plan/complaints.ts';
import { nearestName } from '../../plan/expressions/nearest-name.ts';
import type { Path, Source, Tree } from '../yaml/source.ts';
import { kindsWith, STEP_KEYS } from './kinds.ts';

type Issue = z.core.$ZodIssue;

/**
 * Reads a part of a file as a form. Each thing that does not fit is a complaint at its own place; the answer is then what is
 * left without it (a misspelt key as what it was meant to be), so that the rest is looked at too; none where too little is
 * left. `area` begins the complaints' codes: `step/unknown-key`.
 */
export function readForm<S extends z.ZodType>(
  schema: S,
  tree: Tree,
  place: {
    readonly source: Source;
    readonly path: Path;
    readonly area: string;
    readonly known: readonly string[];
    /** Stands in for what is missing, when the rest is looked at. */
    readonly missing?: { readonly [key: string]: Tree };
  },
  complaints: Complaints,
): z.output<S> | undefined {
  const read = schema.safeParse(tree);
  if (read.success) return read.data;
  for (const issue of read.error.issues) complain(issue, []);
  const mended = schema.safeParse(without(tree, read.error.issues, place));
  return mended.success ? mended.data : undefined;

  function complain(issue: Issue, above: Path): void {
    const inside = [...above, ...issue.path.filter((key) => typeof key !== 'symbol')];
    const path = [...place.path, ...inside];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys)
        unknownKey(key, path, inside.length === 0 ? place.known : knownBeside(schema, inside));
      return;
    }
    if (issue.code === 'invalid_union') {
      const deeper = bestBranch(issue.errors);
      if (deeper !== undefined) {
        for (const each of deeper) complain(each, inside);
        return;
      }
    }
    if (issue.code === 'invalid_key') {
      complaints.error(place.source.keyAt(path), {
        code: `${place.area}/wrong-name`,
        message: issue.issues[0]?.message ?? 'This is no name.',
        mend: 'Give it another name.',
      });
      return;
    }
    const missing = valueAt(tree, inside) === undefined;
    const key = String(inside.at(-1) ?? '');
    complaints.error(place.source.at(path), {
      code: missing ? `${place.area}/missing-key` : `${place.area}/wrong-value`,
      message: missing && !/needs|first line/.test(issue.message) ? `${key} is missing here.` : issue.message,
      mend: missing ? `Add ${key}: …` : key === '' ? 'Correct it.' : `Correct ${key}.`,
    });
  }

  function unknownKey(key: string, path: Path, known: readonly string[]): void {
    const close = nearestName(key, known);
    const elsewhere = place.area === 'step' && STEP_KEYS.has(key) ? kindsWith(key) : [];
    complaints.error(place.source.keyAt([...path, key]), {
      code: `${place.area}/unknown-key`,
      message: elsewhere.length > 0 ? `A step of this kind has no ${key}.` : `There is no key ${key} here.`,
      mend:
        elsewhere.length > 0
          ? `${key} belongs to: ${elsewhere.join(', ')}. Remove it, or move it.`
          : close === undefined
            ? `Known here: ${known.join(', ')}.`
            : `Did you mean ${close}?`,
      nearest: close,
    });
  }
}

/** The mapping without the keys that something is wrong with; a misspelt one under the name that is most like it. */
function without(
  tree: Tree,
  issues: readonly Issue[],
  {
    known,
    missing,
  }: { readonly known: readonly string[]; readonly missing?: { readonly [key: string]: Tree } },
): Tree {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return tree;
  const bad = new Set(issues.map((issue) => issue.path[0]));
  const unknown = new Set(
    issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [],
    ),
  );
  const kept = Object.entries(tree).filter(([key]) => !bad.has(key) && !unknown.has(key));
  const meant = Object.entries(tree).flatMap(([key, value]): [string, Tree][] => {
    const close = unknown.has(key) ? nearestName(key, known) : undefined;
    return close === undefined || Object.hasOwn(tree, close) ? [] : [[close, value]];
  });
  return { ...missing, ...Object.fromEntries([...meant, ...kept]) };
}

/** The branch of a union that went furthest: its errors are about what was meant. */
function bestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const tried = branches.filter(
    (issues) => !issues.some((each) => each.path.length === 0 && each.code === 'invalid_type'),
  );
  return tried[0];
}

function valueAt(tree: Tree | undefined, path: Path): Tree | undefined {
  let value: Tree | undefined = tree;
  for (const key of path) {
    if (value === null || value === undefined || typeof value === 'string') return undefined;
    value = (value as { readonly [key: string | number]: Tree | undefined })[key];
  }
  return value;
}

/** The keys of the mapping at a path inside a form. */
function knownBeside(schema: z.ZodType, path: Path): readonly string[] {
  let found: readonly z.ZodType[] = [schema];
  for (const key of path) found = found.flatMap(unwrap).flatMap((each) => step(each, key));
  return found.flatMap(unwrap).flatMap((each) => Object.keys(shapeOf(each) ?? {}));
}

function unwrap(schema: z.ZodType): readonly z.ZodType[] {
  const def = schema.def as { innerType?: z.ZodType; options?: readonly z.ZodType[]; out?: z.ZodType };
  if (def.innerType !== undefined) return unwrap(def.innerType);
  if (def.options !== undefined) return def.options.flatMap(unwrap);
  if (def.out !== undefined) return unwrap(def.out);
  return [schema];
}

function step(schema: z.ZodType, key: string | number): readonly z.ZodType[] {
  const inner = shapeOf(schema)?.[key];
  if (inner !== undefined) return [inner];
  const def = schema.def as { valueType?: z.ZodType; element?: z.ZodType };
  return [def.valueType, def.element].filter((each) => each !== undefined);
}

function shapeOf(schema: z.ZodType): { readonly [key: string]: z.ZodType } | undefined {
  return (schema as { shape?: { readonly [key: string]: z.ZodType } }).shape;
}
