import { writeExactJson } from './exact-json.ts';
import { Fault } from './failure.ts';
import { SECRET_MEND } from './mends.ts';
import { HostValue, SecretRef, type Value, View } from './values.ts';
import { Version } from './version.ts';

/**
 * A value as a script's environment gets it: scalars as text, lists and maps as JSON, a host as its name, null as
 * nothing. A secret is a marker that `fillSecrets` replaces where the text is used.
 *
 * @throws Fault for what has no text, such as a step.
 */
export function toText(value: Value): string {
  return value instanceof SecretRef ? secretMarker(value.name) : textOf(value);
}

/** The same inside expressions, where a secret has no text: its marker could be cut, encoded or compared. @throws Fault */
export function textOf(value: Value): string {
  if (value === null) return '';
  switch (typeof value) {
    case 'string':
      return value;
    case 'bigint':
    case 'boolean':
    case 'number':
      return String(value);
    default:
  }
  if (value instanceof SecretRef)
    throw new Fault("A secret's text is not known here.", { mend: SECRET_MEND });
  if (value instanceof HostValue) return value.name;
  if (value instanceof Version) return value.text;
  const json = writeExactJson(value);
  if (json !== undefined) return json;
  if (value instanceof View) {
    throw new Fault(`${value.title} is not a value by itself.`, {
      mend: `Name one of its fields: ${value.fieldNames().join(', ')}.`,
    });
  }
  throw new Fault('A secret inside a list or a map has no text.', { mend: SECRET_MEND });
}

/** NUL can stand neither in an environment nor in a header, so that no output can forge a marker. */
const MARKER = /\0secret:([^\0]*)\0/g;

function secretMarker(name: string): string {
  return `\0secret:${name}\0`;
}

/** Puts secrets where their markers stand: done by the worker, after everything that is recorded. */
export function fillSecrets(text: string, secret: (name: string) => string): string {
  return text.replace(MARKER, (_, name: string) => secret(name));
}

/** The names of the secrets whose markers stand in it. */
export function secretsIn(text: string): readonly string[] {
  return [...text.matchAll(MARKER)].map(([, name = '']) => name);
}
