import { type Checked, type CheckProblem, type CheckScope, checkExpression } from './check.ts';
import { type CheckType, DYN, describe, STRING } from './check-types.ts';
import { type ParsedTemplate, parseTemplate } from './template.ts';

/** Checks all expressions of a text; offsets are in the whole text. One lone expression gives its own type. */
export function checkTemplate(
  source: string | ParsedTemplate,
  env: CheckScope,
  names: readonly string[] = [],
): Checked {
  const parsed = typeof source === 'string' ? parseTemplate(source) : source;
  if (!parsed.ok) return { type: DYN, problems: parsed.problems.map(({ ok: _, ...problem }) => problem) };
  const lone = parsed.template.length === 1;
  const problems: CheckProblem[] = [];
  let type: CheckType = STRING;
  for (const { expression, offset } of parsed.holes) {
    const checked = checkExpression(expression, env, names);
    for (const problem of checked.problems) problems.push({ ...problem, offset: problem.offset + offset });
    if (lone) type = checked.type;
    else if (checked.type.kind === 'map' && checked.type.view === true) {
      const message = `${describe(checked.type)} has no text.`;
      const mend = `Name one of its fields: ${Object.keys(checked.type.fields).slice(0, 12).join(', ')}.`;
      problems.push({ message, offset, length: expression.source.length, mend });
    }
  }
  return { type, problems };
}
