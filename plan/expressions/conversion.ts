import { hostName } from '../ids.ts';
import type { Json } from '../json.ts';
import { REFERENCE_FORMS, readReference } from '../secrets.ts';
import type { Type } from '../types.ts';
import type { HostFinder } from './encoding.ts';
import { parseExactJson } from './exact-json.ts';
import { plainJson } from './plain-json.ts';
import { parseDuration, parseSize } from './quantities.ts';
import { typeText } from './type-text.ts';
import { HostValue, isList, isMap, kindOf, SecretRef, type Value, withArticle } from './values.ts';
import { Version } from './version.ts';

/** The message is a sentence that names the value and what was wanted; inside lists and objects, also where. */
export type Converted =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

/**
 * A value that arrives as text (a script's `name=value`, the command line) or as ordinary JSON (an inputs file, YAML),
 * as its type wants it: durations in milliseconds and sizes in bytes as ints, lists and objects in a text read as JSON
 * with exact integers, host names as hosts (looked up where `findHost` is given).
 */
export function convert(type: Type, raw: Json, findHost?: HostFinder): Converted {
  return conform(type, plainJson(raw), findHost);
}

/** The same for a value that an expression gave. Fields of an object that its type does not name are left out. */
export function conform(type: Type, value: Value, findHost?: HostFinder): Converted {
  try {
    return { ok: true, value: asType(type, value, findHost, '') };
  } catch (error) {
    if (error instanceof Misfit) return { ok: false, message: error.message };
    throw error;
  }
}

class Misfit extends Error {}

function asType(type: Type, value: Value, findHost: HostFinder | undefined, path: string): Value {
  const wrong = (hint = ''): Misfit =>
    new Misfit(`${path === '' ? '' : `${path}: `}${shown(value)} is not ${wanted(type)}${hint}.`);
  switch (type.kind) {
    case 'any':
      return value;
    case 'string':
    case 'text':
      return asText(value, wrong);
    case 'choice': {
      const text = asText(value, wrong);
      if (type.values.includes(text)) return text;
      throw wrong();
    }
    case 'url': {
      const text = asText(value, wrong);
      if (/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+[^\s]*$/i.test(text)) return text;
      throw wrong(', such as https://host:2379/path');
    }
    case 'int':
      return asInt(value, wrong);
    case 'number':
      return asNumber(value, wrong);
    case 'bool':
      if (typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      throw wrong(': true or false');
    case 'duration':
      return asQuantity(value, parseDuration) ?? fail(wrong(', such as 30s or 1h30m'));
    case 'size':
      return asQuantity(value, parseSize) ?? fail(wrong(', such as 128M or 1GiB'));
    case 'secret':
      if (value instanceof SecretRef) return value;
      return asSecret(value, path);
    case 'host':
      return asHost(value, findHost, wrong);
    case 'hosts':
      return hostItems(value, wrong).map((item) => asHost(item, findHost, wrong));
    case 'list': {
      const list = fromJsonText(value);
      if (!isList(list)) throw wrong();
      return list.map((item, i) => asType(type.of, item, findHost, `${path}[${i}]`));
    }
    case 'object': {
      const map = fromJsonText(value);
      if (!isMap(map)) throw wrong();
      const fields: [string, Value][] = [];
      for (const [name, of] of Object.entries(type.fields)) {
        const field = Object.hasOwn(map, name) ? map[name] : undefined;
        if (field === undefined)
          throw new Misfit(`${path === '' ? '' : `${path}: `}the field ${name} is missing in ${shown(map)}.`);
        fields.push([name, asType(of, field, findHost, path === '' ? name : `${path}.${name}`)]);
      }
      return Object.fromEntries(fields);
    }
  }
}

function fail(error: Misfit): never {
  throw error;
}

/** Numbers are taken as text, exactly; true, false and null are not, as they are hardly ever meant. */
function asText(value: Value, wrong: () => Misfit): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (value instanceof HostValue) return value.name;
  if (value instanceof Version) return value.text;
  throw wrong();
}

function asInt(value: Value, wrong: () => Misfit): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^[+-]?\d{1,40}$/.test(value.trim()))
    return BigInt(value.trim().replace('+', ''));
  throw wrong();
}

function asNumber(value: Value, wrong: () => Misfit): number {
  const number =
    typeof value === 'string' && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value.trim())
      ? Number(value)
      : value;
  if (typeof number === 'bigint') return Number(number);
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw wrong();
}

/** A plain integer is already in the quantity's unit. */
function asQuantity(value: Value, parse: (text: string) => bigint | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value < 0n ? undefined : value;
  return typeof value === 'string' ? parse(value.trim()) : undefined;
}

function asHost(value: Value, findHost: HostFinder | undefined, wrong: (hint?: string) => Misfit): HostValue {
  if (value instanceof HostValue) return value;
  if (typeof value !== 'string' || value.trim() === '') throw wrong();
  const name = value.trim();
  if (findHost === undefined) return new HostValue(hostName(name));
  return findHost(name) ?? fail(wrong(`: there is no host ${name}`));
}

/** A list, JSON, or names with commas or blanks between them; `none` and nothing are no hosts. */
function hostItems(value: Value, wrong: () => Misfit): readonly Value[] {
  const list = fromJsonText(value);
  if (isList(list)) return list;
  if (list instanceof HostValue) return [list];
  if (typeof list !== 'string') throw wrong();
  return list === 'none' ? [] : list.split(/[\s,]+/).filter((name) => name !== '');
}

/** What is no reference is not repeated: it may be the secret itself. */
function asSecret(value: Value, path: string): SecretRef {
  const read = typeof value === 'string' ? readReference(value) : undefined;
  if (typeof value === 'string' && read?.ok === true && read.from !== 'sealed') return new SecretRef(value);
  throw new Misfit(
    `${path === '' ? '' : `${path}: `}a secret is given by where it is found: ${REFERENCE_FORMS.join(', ')}.`,
  );
}

function fromJsonText(value: Value): Value {
  return typeof value === 'string' ? (parseExactJson(value) ?? value) : value;
}

function wanted(type: Type): string {
  if (type.kind === 'choice') return `one of ${type.values.join(', ')}`;
  if (type.kind === 'hosts') return 'a list of hosts';
  return withArticle(typeText(type)).replace(/^a \{/, 'an object {');
}

function shown(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'object') return withArticle(kindOf(value));
  return String(value);
}
