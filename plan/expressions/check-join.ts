import { type CheckType, DYN, listOf, NUMBER, oneOf, STRING } from './check-types.ts';

/** What is known of a value that is one or the other. */
export function join(a: CheckType, b: CheckType): CheckType {
  if (a === b) return a;
  if (a.kind === 'list' && b.kind === 'list') return listOf(join(a.of, b.of));
  if (a.kind === 'map' && b.kind === 'map') return a.view === true || b.view === true ? DYN : joinMaps(a, b);
  if (a.kind === 'host' && b.kind === 'host')
    return { kind: 'host', vars: { ...a.vars, ...b.vars }, open: a.open || b.open };
  // What may be a secret must not be seen.
  if (a.kind === 'secret' || b.kind === 'secret') return { kind: 'secret' };
  if (a.kind === 'string' && b.kind === 'string') return joinTexts(a.values, b.values);
  if (a.kind === b.kind) return a;
  if (isNumber(a) && isNumber(b)) return NUMBER;
  return DYN;
}

function joinTexts(a: readonly string[] | undefined, b: readonly string[] | undefined): CheckType {
  return a === undefined || b === undefined ? STRING : oneOf([...new Set([...a, ...b])]);
}

/** Fields of both are known; those of one only may be missing, so nothing is said about them. */
function joinMaps(a: CheckType & { kind: 'map' }, b: CheckType & { kind: 'map' }): CheckType {
  const fields: [string, CheckType][] = [];
  let open = a.open || b.open;
  for (const [name, type] of Object.entries(a.fields)) {
    const other = Object.hasOwn(b.fields, name) ? b.fields[name] : undefined;
    if (other === undefined) open = true;
    else fields.push([name, join(type, other)]);
  }
  if (Object.keys(b.fields).some((name) => !Object.hasOwn(a.fields, name))) open = true;
  return { kind: 'map', fields: Object.fromEntries(fields), open };
}

function isNumber(type: CheckType): boolean {
  return type.kind === 'int' || type.kind === 'number';
}
