import type { CheckType } from '../../plan/expressions/check-types.ts';
import { isTemplate } from '../../plan/expressions/template.ts';
import { typeText } from '../../plan/expressions/type-text.ts';
import type { Expr } from '../../plan/plan.ts';
import { Scope } from '../check/scope.ts';
import type { UseForm } from '../schema/nested.ts';
import { readPassed } from './passed.ts';
import type { StepPlace, UnitContext, viewFrom } from './unit-context.ts';

/** What a used runbook is given, by its inputs: what `with` says, else their defaults. */
export function readWith(
  unit: UnitContext,
  path: StepPlace['path'],
  form: UseForm['with'],
  face: NonNullable<ReturnType<UnitContext['use']>>,
  view: ReturnType<typeof viewFrom>,
): { readonly [input: string]: Expr } {
  const { source, complaints } = unit;
  const given = new Map<string, { path: StepPlace['path']; tree: Parameters<typeof readPassed>[2] }>();
  if (Array.isArray(form)) {
    for (const [i, name] of form.entries()) {
      const scoped = view.scope.names.get(name);
      const here = [...path, 'with', i];
      const type = scoped?.kind === 'value' ? scoped.type : undefined;
      const host = type?.kind === 'host' || (type?.kind === 'list' && type.of.kind === 'host');
      given.set(name, { path: here, tree: host || scoped === undefined ? name : `\${{ ${name} }}` });
      if (scoped === undefined) {
        given.delete(name);
        if (face.inputs.has(name))
          complaints.error(source.at(here), {
            code: 'expression/unknown-name',
            message: `There is no name ${name} here to pass on.`,
            mend: `Pass a value: with: { ${name}: … }.`,
          });
      }
    }
  } else
    for (const [name, tree] of Object.entries(form ?? {}))
      given.set(name, { path: [...path, 'with', name], tree });
  const passed: [string, Expr][] = [];
  const asked = Array.isArray(form) ? form : Object.keys(form ?? {});
  for (const [i, name] of asked.entries()) {
    if (face.inputs.has(name)) continue;
    complaints.error(
      Array.isArray(form) ? source.at([...path, 'with', i]) : source.keyAt([...path, 'with', name]),
      {
        code: 'use/unknown-input',
        message: `${face.name} has no input ${name}.`,
        mend: `Its inputs are ${[...face.inputs.keys()].join(', ') || 'none'}.`,
      },
    );
  }
  for (const input of face.inputs.values()) {
    const value = given.get(input.name);
    if (value !== undefined) {
      const expr = readPassed(unit, value.path, value.tree, input, view);
      if (expr !== undefined) passed.push([input.name, expr]);
      continue;
    }
    if (asked.includes(input.name)) continue;
    if (input.default === undefined) {
      complaints.error(source.at([...path, 'use']), {
        code: 'use/missing-input',
        message: `${face.name} needs its input ${input.name} (${typeText(input.type)}).`,
        mend: `Add with: { ${input.name}: … }.`,
      });
      continue;
    }
    const expr = readDefault(unit, input, view.scope.host);
    if (expr !== undefined) passed.push([input.name, expr]);
  }
  return Object.fromEntries(passed);
}

/** An input that is not passed has its default. */
function readDefault(
  unit: UnitContext,
  input: NonNullable<ReturnType<UnitContext['inputs']['get']>>,
  host: CheckType,
): Expr | undefined {
  const tree = input.default ?? null;
  // It is made of what the callee's other inputs are: by the unit itself, when it is called.
  if (typeof tree === 'string' && isTemplate(tree)) return undefined;
  const elsewhere: UnitContext = { ...unit, source: input.source };
  const scope = new Scope(host);
  return readPassed(elsewhere, input.path, tree, input, { scope, perHost: false, conditions: [] });
}
