import type { Complaints } from '../../plan/complaints.ts';
import { parseType } from '../../plan/expressions/type-text.ts';
import type { Json } from '../../plan/json.ts';
import type { Position } from '../../plan/plan.ts';
import type { Type } from '../../plan/types.ts';
import { isPattern } from '../plan/input-limits.ts';
import type { InputForm } from '../schema/runbook.ts';
import type { Path, Source, Tree } from '../yaml/source.ts';

/** An input as its runbook declares it. */
export type DeclaredInput = {
  readonly name: string;
  readonly type: Type;
  readonly at: Position;
  readonly source: Source;
  readonly path: Path;
  /** As it stands; a text may have `${{ }}` in it. */
  readonly default?: Tree;
  readonly help?: string;
  readonly optional: boolean;
  readonly min?: string;
  readonly max?: string;
  readonly pattern?: string;
};

/** What an input that may be left out is then. The other types have no value that could mean "nothing". */
const EMPTY: { readonly [kind: string]: Tree } = { string: '', text: '', hosts: 'none', list: [] };

export function readInputs(
  source: Source,
  inputs: { readonly [name: string]: InputForm } | undefined,
  complaints: Complaints,
): ReadonlyMap<string, DeclaredInput> {
  const declared = new Map<string, DeclaredInput>();
  for (const [name, form] of Object.entries(inputs ?? {})) {
    const path = ['inputs', name];
    const full = typeof form === 'string' ? { type: form } : form;
    const typePath = typeof form === 'string' ? path : [...path, 'type'];
    const type = readInputType(source, typePath, full, complaints);
    if (type === undefined) continue;
    const { help, optional = false, min, max, pattern } = full;
    const empty = optional && full.default === undefined ? EMPTY[type.kind] : undefined;
    if (optional && full.default === undefined && empty === undefined)
      complaints.error(source.at([...path, 'optional']), {
        code: 'input/optional',
        message: `An input of type ${type.kind} has no value that means "left out".`,
        mend: 'Give it a default.',
      });
    if (pattern !== undefined && !isPattern(pattern))
      complaints.error(source.at([...path, 'pattern']), {
        code: 'input/pattern',
        message: `${pattern} is no regular expression (RE2).`,
        mend: 'RE2 has no look-around and no back-references.',
      });
    const base = full.default ?? empty;
    declared.set(name, {
      name,
      type,
      at: source.keyAt(path),
      source,
      path: full.default === undefined ? path : [...path, 'default'],
      optional,
      ...(base === undefined ? {} : { default: base }),
      ...(help === undefined ? {} : { help }),
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      ...(pattern === undefined ? {} : { pattern }),
    });
  }
  return declared;
}

function readInputType(
  source: Source,
  path: Path,
  form: { readonly type?: Tree; readonly values?: readonly string[] | undefined },
  complaints: Complaints,
): Type | undefined {
  if (form.type === 'choice') {
    if (form.values !== undefined && form.values.length > 0) return { kind: 'choice', values: form.values };
    complaints.error(source.at(path), {
      code: 'input/choice',
      message: 'A choice needs the values that can be chosen.',
      mend: 'Add values: [one, other].',
    });
    return undefined;
  }
  if (form.values !== undefined)
    complaints.error(source.at(path), {
      code: 'input/choice',
      message: 'Only a choice has values.',
      mend: 'Write type: choice, or remove values.',
    });
  return readType(source, path, form.type ?? '', complaints);
}

/** A type as it stands in a file, with a complaint where it is none. */
export function readType(source: Source, path: Path, tree: Tree, complaints: Complaints): Type | undefined {
  const type = parseType(tree satisfies Json);
  if (type.ok) return type.type;
  complaints.error(source.at(path), {
    code: 'type/unknown',
    message: type.message,
    mend: type.mend ?? 'Types are string, int, bool, duration, host, hosts, list<T> and { name: T }.',
  });
  return undefined;
}
