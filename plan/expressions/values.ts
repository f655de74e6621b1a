import type { HostName } from '../ids.ts';
import { Version } from './version.ts';

/**
 * What an expression works on. `bigint` is an int, `number` a double (also where it is integral), a plain object a map.
 * Values are never changed once made.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | ValueList
  | ValueMap
  | HostValue
  | SecretRef
  | Version
  | View;
export type ValueList = readonly Value[];
export type ValueMap = { readonly [key: string]: Value };

/** The code of the HoldfastError that a field throws which exists but has no value here: `get` and `has` take it as absent. */
export const MISSING_VALUE = 'value/missing';

/** Gives a field, or undefined where there is none. It may throw a HoldfastError: the expression then fails with it. */
export type FieldReader = (name: string) => Value | undefined;

/** A host. Two are equal if their names are; `fields` are asked for one by one, so that they may be computed. */
export class HostValue {
  readonly kind = 'host';
  readonly name: HostName;
  readonly field: FieldReader;
  readonly fieldNames: () => readonly string[];

  constructor(
    name: HostName,
    field: FieldReader = () => undefined,
    fieldNames: () => readonly string[] = () => [],
  ) {
    this.name = name;
    this.field = (asked) => (asked === 'name' ? name : field(asked));
    this.fieldNames = fieldNames;
  }
}

/** A host whose fields are all known. */
export function hostValue(name: HostName, fields: ValueMap): HostValue {
  return new HostValue(
    name,
    (asked) => (Object.hasOwn(fields, asked) ? fields[asked] : undefined),
    () => Object.keys(fields),
  );
}

/** Names a secret. Its value is put in by the worker, after everything that is recorded. */
export class SecretRef {
  readonly kind = 'secret';
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Something with fields that is no value by itself, such as a step (`look.rows`, `look.each`) or `secrets`.
 * It can be asked for its fields only: neither encoded nor compared.
 */
export class View {
  readonly kind = 'view';
  /** For messages: `step look`. */
  readonly title: string;
  readonly field: FieldReader;
  readonly fieldNames: () => readonly string[];

  constructor(title: string, field: FieldReader, fieldNames: () => readonly string[]) {
    this.title = title;
    this.field = field;
    this.fieldNames = fieldNames;
  }
}

export function isList(value: Value): value is ValueList {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ValueMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isOwnKind(value);
}

/** By class and not by prototype: values may have been made in another realm (a workflow's sandbox). */
function isOwnKind(value: object): boolean {
  return (
    value instanceof HostValue ||
    value instanceof SecretRef ||
    value instanceof Version ||
    value instanceof View
  );
}

export type ValueKind =
  | 'null'
  | 'bool'
  | 'int'
  | 'number'
  | 'string'
  | 'list'
  | 'map'
  | 'host'
  | 'secret'
  | 'version'
  | 'view';

export function kindOf(value: Value): ValueKind {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'number';
    case 'string':
      return 'string';
    default:
  }
  if (isList(value)) return 'list';
  if (isMap(value)) return 'map';
  return value.kind;
}

/** For messages: `a string`, `an int`. */
export function withArticle(kind: string): string {
  if (kind === 'null') return 'null';
  return /^(?:[aeio]|u(?!rl|int))/.test(kind) ? `an ${kind}` : `a ${kind}`;
}
