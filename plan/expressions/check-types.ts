import type { Type } from '../types.ts';

/**
 * What the checker knows of a value. `dyn` is "not known here": nothing is ever complained about it.
 * A map whose `fields` are all there are is closed; `open` ones may have others.
 */
export type CheckType =
  | {
      readonly kind: ScalarCheckKind;
      /** Of a string: all that it can be, where that is known. */
      readonly values?: readonly string[];
    }
  | { readonly kind: 'list'; readonly of: CheckType }
  | MapCheckType
  /**
   * `vars` are the variables and host_vars that some host has; others may come from the inventory if `open`. `refused` are those
   * that the inventory has and nobody here can read.
   */
  | {
      readonly kind: 'host';
      readonly vars: CheckFields;
      readonly open: boolean;
      readonly refused?: RefusedFields;
    };

/** What is said of a field that is there and can't be used. */
export type RefusedFields = { readonly [name: string]: { readonly message: string; readonly mend: string } };

export type ScalarCheckKind = 'null' | 'bool' | 'int' | 'number' | 'string' | 'version' | 'secret' | 'dyn';
export type CheckFields = { readonly [name: string]: CheckType };

export type MapCheckType = {
  readonly kind: 'map';
  /** For messages: `step look`. */
  readonly title?: string;
  readonly fields: CheckFields;
  readonly open: boolean;
  /** Fields that exist but can't be read here, and why. */
  readonly refused?: { readonly [name: string]: { readonly message: string; readonly mend?: string } };
  /** What the values of an open map are, where it is known. */
  readonly values?: CheckType;
  /** It has fields but is no value by itself (a step, `secrets`). */
  readonly view?: true;
};

export const DYN: CheckType = { kind: 'dyn' };
export const BOOL: CheckType = { kind: 'bool' };
export const INT: CheckType = { kind: 'int' };
export const NUMBER: CheckType = { kind: 'number' };
export const STRING: CheckType = { kind: 'string' };

/** A text that is one of these. */
export function oneOf(values: readonly string[]): CheckType {
  return { kind: 'string', values };
}

export function listOf(of: CheckType): CheckType {
  return { kind: 'list', of };
}

export function mapOf(fields: CheckFields): MapCheckType {
  return { kind: 'map', fields, open: false };
}

/** Of an input or output. Objects with these fields only; `hosts` is a list of hosts. */
export function checkTypeOf(type: Type, host: CheckType = hostType({})): CheckType {
  switch (type.kind) {
    case 'string':
    case 'text':
    case 'url':
      return STRING;
    case 'choice':
      return oneOf(type.values);
    case 'int':
    case 'duration':
    case 'size':
      return INT;
    case 'number':
      return NUMBER;
    case 'bool':
      return BOOL;
    case 'secret':
      return { kind: 'secret' };
    case 'host':
      return host;
    case 'hosts':
      return listOf(host);
    case 'list':
      return listOf(checkTypeOf(type.of, host));
    case 'object':
      return mapOf(
        Object.fromEntries(Object.entries(type.fields).map(([name, of]) => [name, checkTypeOf(of, host)])),
      );
    case 'any':
      return DYN;
  }
}

/** A host with these variables; closed, so that a misspelt one is found, unless `open`. */
export function hostType(vars: CheckFields, open = true, refused: RefusedFields = {}): CheckType {
  return { kind: 'host', vars, open, refused };
}

export const HOST_FIELDS: CheckFields = {
  name: STRING,
  address: STRING,
  port: INT,
  user: STRING,
  zone: STRING,
  groups: listOf(STRING),
  home: STRING,
};

/**
 * A step as later expressions see it. `single`: its outputs are this host's or the only host's, so that `X.field` can be
 * read; otherwise reading it is a problem that names `X.rows`. Steps that happen once (`set`, `use`) have no rows.
 */
export function stepType(step: {
  readonly id: string;
  readonly outputs: CheckFields;
  readonly single: boolean;
  readonly perHost: boolean;
  readonly host?: CheckType;
  readonly refused?: NonNullable<MapCheckType['refused']>;
}): CheckType {
  const title = `step ${step.id}`;
  const refused = { ...step.refused };
  if (!step.perHost) return { ...mapOf({ ...step.outputs, outcome: STRING }), title, refused, view: true };
  if (!step.single) {
    for (const name of Object.keys(step.outputs)) {
      refused[name] ??= {
        message: `${step.id}.${name} could be that of several hosts.`,
        mend: `Say which: ${step.id}.rows (host, outcome and outputs of each), or ${step.id}.each.${name} (the list of them).`,
      };
    }
  }
  const host = step.host ?? hostType({});
  const each = Object.fromEntries(Object.entries(step.outputs).map(([name, of]) => [name, listOf(of)]));
  const row = { ...step.outputs, host, outcome: STRING };
  return {
    kind: 'map',
    title,
    open: false,
    view: true,
    refused,
    fields: {
      ...step.outputs,
      outcome: STRING,
      rows: listOf({ ...mapOf(row), title: `a row of ${title}` }),
      each: { ...mapOf(each), title: `each of ${title}`, view: true },
      results: listOf({ ...mapOf({ ...row, reason: STRING }), open: true, title: `a result of ${title}` }),
    },
  };
}

/** Whether it is a secret, or has one in it. */
export function holdsSecret(type: CheckType): boolean {
  if (type.kind === 'list') return holdsSecret(type.of);
  if (type.kind !== 'map') return type.kind === 'secret';
  if (type.view === true) return false;
  return [...Object.values(type.fields), ...(type.values === undefined ? [] : [type.values])].some(
    holdsSecret,
  );
}

/** For messages: `a string`, `a list of int`. */
export function describe(type: CheckType): string {
  switch (type.kind) {
    case 'list':
      return type.of.kind === 'dyn' ? 'a list' : `a list of ${describe(type.of).replace(/^an? /, '')}`;
    case 'map':
      return type.title ?? 'a map';
    case 'int':
      return 'an int';
    case 'null':
      return 'null';
    case 'dyn':
      return 'a value';
    default:
      return `a ${type.kind}`;
  }
}
