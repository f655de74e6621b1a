import { type CheckFields, checkTypeOf } from '../../plan/expressions/check-types.ts';
import type { OutputSpec } from '../../plan/plan.ts';
import type { Type } from '../../plan/types.ts';
import { ROW_NAMES, type Viewpoint } from '../check/scope.ts';
import type { RunForm } from '../schema/run.ts';
import type { Path, Tree } from '../yaml/source.ts';
import { readType } from './inputs.ts';
import type { StepPlace, UnitContext } from './unit-context.ts';

export function readOutputs(
  unit: UnitContext,
  path: Path,
  outputs: RunForm['outputs'],
  from: { readonly view: Viewpoint } | undefined,
  allSensitive: boolean,
): { readonly [name: string]: OutputSpec } {
  const read: [string, OutputSpec][] = [];
  for (const [name, tree] of Object.entries(outputs ?? {})) {
    const here = [...path, name];
    const { complaints, source } = unit;
    if (ROW_NAMES.has(name)) {
      complaints.error(source.keyAt(here), {
        code: 'outputs/reserved-name',
        message: `An output can't be called ${name}: ${[...ROW_NAMES].join(', ')} mean something already.`,
        mend: 'Give it another name.',
      });
      continue;
    }
    const spec = typeof tree === 'object' && Object.keys(tree).every(isSpecKey) ? tree : undefined;
    const type: Type | undefined = readType(
      source,
      spec === undefined ? here : [...here, 'type'],
      spec === undefined ? (tree as Tree) : (spec.type ?? ''),
      complaints,
    );
    const cel = typeof spec?.from === 'string' ? spec.from : undefined;
    if (cel === undefined && from !== undefined)
      complaints.error(source.at(here), {
        code: 'outputs/no-from',
        message: 'An output of a request needs to say where it is from.',
        mend: `Write ${name}: { type: …, from: json.… }; there are status, headers, body and json.`,
      });
    if (cel !== undefined && from === undefined)
      complaints.error(source.at([...here, 'from']), {
        code: 'outputs/from',
        message: "A script's outputs come from what it writes to $OUTPUT.",
        mend: `Remove from, and let the script write ${name}=… to "$OUTPUT".`,
      });
    const expr =
      cel === undefined || from === undefined
        ? undefined
        : unit.expressions.bare({ source, path: [...here, 'from'] }, cel, from.view);
    const sensitive = allSensitive || spec?.sensitive === true;
    if (typeof spec?.sensitive === 'string')
      complaints.error(source.at([...here, 'sensitive']), {
        code: 'step/wrong-value',
        message: 'sensitive is true or false.',
        mend: 'Correct sensitive; a type that has fields of these names is written in quotes: "{ type: string, … }".',
      });
    if (type !== undefined)
      read.push([
        name,
        { type, ...(expr === undefined ? {} : { from: expr.expr }), ...(sensitive ? { sensitive } : {}) },
      ]);
  }
  return Object.fromEntries(read);
}

/** An object type may have a field called `type` too, but hardly these alone. */
function isSpecKey(key: string): boolean {
  return key === 'type' || key === 'from' || key === 'sensitive';
}

export function outputFields(
  place: StepPlace,
  outputs: { readonly [name: string]: OutputSpec },
): CheckFields {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, sensitive }]) => [
      name,
      sensitive === true ? { kind: 'secret' } : checkTypeOf(type, place.scope.host),
    ]),
  );
}
