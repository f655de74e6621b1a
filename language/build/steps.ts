import { DYN } from '../../plan/expressions/check-types.ts';
import { nearestName } from '../../plan/expressions/nearest-name.ts';
import type { Step } from '../../plan/plan.ts';
import type { Known } from '../check/scope.ts';
import { KINDS, type KindKey, STEP_KEYS } from '../schema/kinds.ts';
import { readForm } from '../schema/read-form.ts';
import type { Path, Tree } from '../yaml/source.ts';
import type { Built } from './built.ts';
import { buildCopy } from './copy-step.ts';
import { buildHttp } from './http-step.ts';
import { buildGroup, buildUse } from './nested-steps.ts';
import { buildApprove, buildCheck, buildManual, buildSet } from './once-steps.ts';
import { buildRun } from './run-step.ts';
import type { StepPlace, UnitContext } from './unit-context.ts';
import { buildWait } from './wait-step.ts';

type BuiltSteps = { readonly steps: readonly Step[]; readonly names: ReadonlyMap<string, Known> };

/**
 * Builds the steps of a list. In sequence each knows those above it; side by side none knows another.
 * `place.path` is the list's.
 */
export function buildSteps(
  unit: UnitContext,
  trees: readonly Tree[],
  place: StepPlace,
  parallel: boolean,
): BuiltSteps {
  const names = new Map<string, Known>();
  const growing = place.scope.copy();
  const steps: Step[] = [];
  for (const [i, tree] of trees.entries()) {
    const scope = parallel ? place.scope : growing.copy();
    const built = buildStep(unit, tree, { ...place, scope, path: [...place.path, i] });
    if (built === undefined) continue;
    if (built.step !== undefined) steps.push(built.step);
    for (const [name, known] of built.names ?? []) {
      names.set(name, known);
      growing.names.set(name, known);
    }
    names.set(built.id, built.known);
    growing.names.set(built.id, built.known);
  }
  return { steps, names };
}

function buildStep(
  unit: UnitContext,
  tree: Tree,
  place: StepPlace,
): (Built & { readonly id: string }) | undefined {
  const { source, complaints } = unit;
  const { path } = place;
  const at = source.at(path);
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    complaints.error(at, {
      code: 'step/no-mapping',
      message: 'A step is a mapping of keys to values.',
      mend: 'Write "- id: NAME", and below it run: or another key that says what it does.',
    });
    return undefined;
  }
  const keys = Object.keys(tree);
  const written = (tree as { readonly [key: string]: Tree }).id;
  const id = typeof written === 'string' && written !== '' ? written : unit.nextId();
  const lost: Built & { readonly id: string } = { id, known: { kind: 'value', what: 'set', type: DYN, at } };
  const kind = kindOf(unit, path, keys);
  if (kind === undefined) return lost;
  const schema = KINDS[kind];
  const form = readForm(
    schema,
    tree,
    { source, path, area: 'step', known: Object.keys(schema.shape) },
    complaints,
  );
  if (form === undefined) return lost;
  // The form is the kind's: the schema was chosen by it.
  if ('run' in form) return { id, ...buildRun(unit, place, id, form) };
  if ('http' in form) return { id, ...buildHttp(unit, place, id, form) };
  if ('copy' in form) return { id, ...buildCopy(unit, place, id, form) };
  if ('use' in form) return { id, ...buildUse(unit, place, id, form) };
  if ('approve' in form) return { id, ...buildApprove(unit, place, id, form) };
  if ('manual' in form) return { id, ...buildManual(unit, place, id, form) };
  if ('wait' in form) return { id, ...buildWait(unit, place, id, form) };
  if ('steps' in form)
    return {
      id,
      ...buildGroup(unit, place, id, form, (inner, parallel) =>
        buildSteps(unit, form.steps, inner, parallel),
      ),
    };
  if (kind === 'check' && form.check !== undefined)
    return { id, ...buildCheck(unit, place, id, { ...form, check: form.check }) };
  return { id, ...buildSet(unit, place, id, form) };
}

/** Which kind of step it is: exactly one key says so. */
function kindOf(unit: UnitContext, path: Path, keys: readonly string[]): KindKey | undefined {
  const { source, complaints } = unit;
  const found = (['run', 'http', 'copy', 'approve', 'manual', 'wait', 'use', 'steps'] as const).filter(
    (key) => keys.includes(key),
  );
  const set = keys.includes('set') || keys.includes('choose');
  const all: readonly KindKey[] = [...found, ...(set ? (['set'] as const) : [])];
  const [first, second] = all;
  if (second !== undefined) {
    const key = second === 'set' && !keys.includes('set') ? 'choose' : second;
    complaints.error(source.keyAt([...path, key]), {
      code: 'step/two-kinds',
      message: `A step does one thing, and this one has ${all.join(' and ')}.`,
      mend: 'Make two steps of it.',
    });
    return undefined;
  }
  if (first !== undefined) return first;
  if (keys.includes('check')) return 'check';
  const kinds = [...Object.keys(KINDS), 'choose'];
  const meant = keys.map((key) => [key, STEP_KEYS.has(key) ? undefined : nearestName(key, kinds)] as const);
  const [close] = meant.filter(([, kind]) => kind !== undefined);
  complaints.error(close === undefined ? source.at(path) : source.keyAt([...path, close[0]]), {
    code: 'step/no-kind',
    message: 'Nothing here says what the step does.',
    mend:
      close?.[1] === undefined ? `Add one of ${Object.keys(KINDS).join(', ')}.` : `Did you mean ${close[1]}?`,
    nearest: close?.[1],
  });
  return undefined;
}
