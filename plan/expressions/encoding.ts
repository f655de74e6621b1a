import { HoldfastError } from '../errors.ts';
import { hostName } from '../ids.ts';
import type { Json, JsonObject } from '../json.ts';
import { HostValue, hostValue, isList, isMap, SecretRef, type Value, type ValueMap } from './values.ts';
import { parseVersion } from './version.ts';

/** `by name` is what plans and history hold; `in full` is for where no host table is at hand (an http step's activity). */
export type HostEncoding = 'by name' | 'in full';

/**
 * The lossless JSON form: a safe integer is a JSON integer, a larger one `{"$int":"…"}`, a double with a fraction a JSON
 * number, an integral double `{"$double":n}`, then `{"$host":NAME}`, `{"$secret":NAME}`, `{"$version":"…"}`. A map's key
 * that starts with `$` gets one `$` more.
 *
 * @throws HoldfastError where the value is a view (a step itself rather than one of its fields).
 */
export function encode(value: Value, hosts: HostEncoding = 'by name'): Json {
  switch (typeof value) {
    case 'bigint':
      return BigInt.asIntN(54, value) === value ? Number(value) : { $int: value.toString() };
    case 'number':
      return encodeDouble(value);
    case 'string':
    case 'boolean':
      return value;
    default:
  }
  if (value === null) return null;
  if (isList(value)) return value.map((item) => encode(item, hosts));
  if (isMap(value)) return encodeMap(value, hosts);
  switch (value.kind) {
    case 'host':
      return hosts === 'by name' ? { $host: value.name } : { $host: value.name, fields: encodeFields(value) };
    case 'secret':
      return { $secret: value.name };
    case 'version':
      return { $version: value.text };
    case 'view':
      throw new HoldfastError(
        'EXPR_NOT_A_VALUE',
        `${value.title} is not a value by itself.`,
        `Name one of its fields: ${value.fieldNames().join(', ')}.`,
      );
  }
}

function encodeDouble(value: number): Json {
  if (Number.isFinite(value) && !Number.isInteger(value)) return value;
  return Number.isFinite(value) && !Object.is(value, -0)
    ? { $double: value }
    : { $double: Object.is(value, -0) ? '-0' : String(value) };
}

/** A map's entries encoded: the same as `encode`, typed as the object it is. */
export function encodeMap(map: ValueMap, hosts: HostEncoding = 'by name'): JsonObject {
  return Object.fromEntries(
    Object.entries(map).map(([key, item]) => [key.startsWith('$') ? `$${key}` : key, encode(item, hosts)]),
  );
}

/** A host's fields never hold hosts in full: two that name each other would have no end. */
function encodeFields(host: HostValue): JsonObject {
  const fields: [string, Json][] = [];
  for (const name of host.fieldNames()) {
    const value = host.field(name);
    if (value !== undefined) fields.push([name.startsWith('$') ? `$${name}` : name, encode(value)]);
  }
  return Object.fromEntries(fields);
}

/** Finds the host of that name; left out, a decoded host knows its name only (or the fields encoded with it). */
export type HostFinder = (name: string) => HostValue | undefined;

/**
 * Reads back what `encode` wrote.
 *
 * @throws HoldfastError where the JSON is no encoded value.
 */
export function decode(json: Json, findHost?: HostFinder): Value {
  if (typeof json === 'number') return Number.isInteger(json) ? BigInt(json) : json;
  if (json === null || typeof json !== 'object') return json;
  if (isJsonList(json)) return json.map((item) => decode(item, findHost));
  for (const key of Object.keys(json)) {
    if (key.startsWith('$') && !key.startsWith('$$')) return decodeTagged(key, json, findHost);
  }
  return decodeMap(json, findHost);
}

/** An encoded map: the same as `decode`, typed as the map it is, for objects whose own keys are plain names. */
export function decodeMap(json: JsonObject, findHost?: HostFinder): ValueMap {
  return Object.fromEntries(
    Object.entries(json).map(([key, item]) => [
      key.startsWith('$$') ? key.slice(1) : key,
      decode(item, findHost),
    ]),
  );
}

function decodeTagged(tag: string, json: JsonObject, findHost: HostFinder | undefined): Value {
  const held = json[tag];
  if (tag === '$double' && (typeof held === 'number' || typeof held === 'string')) return Number(held);
  if (typeof held !== 'string') throw notEncoded(tag);
  switch (tag) {
    case '$int':
      if (!/^-?\d+$/.test(held)) throw notEncoded(tag);
      return BigInt(held);
    case '$secret':
      return new SecretRef(held);
    case '$host':
      return findHost?.(held) ?? decodeHost(held, json.fields, findHost);
    case '$version': {
      const version = parseVersion(held);
      if (version === undefined) throw notEncoded(tag);
      return version;
    }
    default:
      throw notEncoded(tag);
  }
}

function decodeHost(name: string, fields: Json | undefined, findHost: HostFinder | undefined): HostValue {
  if (fields === undefined || fields === null || typeof fields !== 'object' || isJsonList(fields)) {
    return new HostValue(hostName(name));
  }
  return hostValue(hostName(name), decodeMap(fields, findHost));
}

function notEncoded(tag: string): HoldfastError {
  return new HoldfastError(
    'EXPR_ENCODING',
    `An object with the key ${JSON.stringify(tag)} is no encoded value.`,
    'Encode values with encode(); a key of a map that starts with $ is written with $$.',
  );
}

export function isJsonList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
