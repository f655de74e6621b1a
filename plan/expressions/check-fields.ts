import { join } from './check-join.ts';
import { type CheckType, DYN, describe, HOST_FIELDS, INT, type MapCheckType } from './check-types.ts';
import { didYouMean } from './nearest-name.ts';

export type FieldType = { readonly type: CheckType; readonly problem?: string; readonly mend?: string };

const VERSION_FIELDS = ['major', 'minor', 'patch'];

/** The type of `value.name`, or why it can't be read. */
export function fieldType(type: CheckType, name: string): FieldType {
  switch (type.kind) {
    case 'dyn':
      return { type: DYN };
    case 'version':
      return VERSION_FIELDS.includes(name) ? { type: INT } : noField(type, name, VERSION_FIELDS);
    case 'host': {
      const fields = { ...type.vars, ...HOST_FIELDS };
      const found = own(fields, name);
      if (found !== undefined) return { type: found };
      const refused = own(type.refused ?? {}, name);
      if (refused !== undefined) return { type: DYN, problem: refused.message, mend: refused.mend };
      return type.open ? { type: DYN } : noField(type, name, Object.keys(fields));
    }
    case 'map':
      return mapField(type, name);
    case 'list': {
      const mend = `Name an element ([0]), or take it of each: map(x, x.${name}).`;
      return { type: DYN, problem: `A list has no fields, so no ${name}.`, mend };
    }
    default:
      return noField(type, name, []);
  }
}

function mapField(type: MapCheckType, name: string): FieldType {
  const refused = own(type.refused ?? {}, name);
  const found = own(type.fields, name) ?? type.values ?? DYN;
  if (refused !== undefined) {
    const problem = { type: found, problem: refused.message };
    return refused.mend === undefined ? problem : { ...problem, mend: refused.mend };
  }
  return type.open || own(type.fields, name) !== undefined
    ? { type: found }
    : noField(type, name, Object.keys(type.fields));
}

function noField(type: CheckType, name: string, known: readonly string[]): FieldType {
  const title = describe(type);
  const problem = `${title.charAt(0).toUpperCase()}${title.slice(1)} has no field ${name}.`;
  const mend = didYouMean(name, known);
  return mend === undefined ? { type: DYN, problem } : { type: DYN, problem, mend };
}

/** What a value has whose name is not known when checking. */
export function valueType(type: CheckType): CheckType {
  if (type.kind !== 'map' || type.open) return DYN;
  const all = Object.values(type.fields);
  return all.length === 0 ? DYN : all.reduce(join);
}

function own<T>(fields: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

/** The type of a literal. */
export function literalType(value: unknown): CheckType {
  switch (typeof value) {
    case 'string':
      return { kind: 'string' };
    case 'bigint':
      return INT;
    case 'number':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'bool' };
    default:
      return value === null ? { kind: 'null' } : DYN;
  }
}
