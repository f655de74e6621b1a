import { intArg, textArg } from './arguments.ts';
import { finite, inRange } from './arithmetic.ts';
import { base64 } from './base64.ts';
import type { Budget } from './budget.ts';
import { parseExactJson, writeExactJson } from './exact-json.ts';
import { Fault } from './failure.ts';
import type { CelFunction } from './functions.ts';
import { parseDuration } from './quantities.ts';
import { textOf } from './text.ts';
import { isList, isMap, kindOf, type Value, withArticle } from './values.ts';
import { parseVersion, Version } from './version.ts';

export const CONVERSIONS: { readonly [name: string]: CelFunction } = {
  json: (args, budget) => {
    const text = textArg('json', args, 0);
    budget.text(text.length * 4);
    const value = parseExactJson(text);
    if (value === undefined) throw new Fault(`json: this is no JSON: ${excerpt(text)}`);
    return value;
  },
  to_json: ([value = null], budget) => {
    spendOn(value, budget);
    const text = writeExactJson(value);
    if (text === undefined) throw new Fault('to_json: a secret or a step stands in it.');
    budget.text(text.length);
    return text;
  },
  string: ([value = null], budget) => {
    spendOn(value, budget);
    const text = textOf(value);
    budget.text(text.length);
    return text;
  },
  int: ([value = null]) => toInt(value),
  double: ([value = null]) => toDouble(value),
  bool: ([value = null]) => {
    if (typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw new Fault(`bool: ${shown(value)} is neither true nor false.`);
  },
  base64: (args, budget) => {
    const text = textArg('base64', args, 0);
    budget.text(text.length * 4);
    return base64(text);
  },
  /** Lower-case, without a prefix, as etcd writes member ids. */
  hex: (args) => {
    const value = intArg('hex', args, 0);
    return (value < 0n ? BigInt.asUintN(64, value) : value).toString(16);
  },
  /** Reads a decimal or `0x…`; with 16 as second argument a hexadecimal without a prefix. */
  uint: (args) => toUint(args),
  version: ([value = null]) => {
    if (value instanceof Version) return value;
    const version = typeof value === 'string' ? parseVersion(value) : undefined;
    if (version === undefined) throw new Fault(`version: ${shown(value)} is no version such as 3.5.16.`);
    return version;
  },
  /** In milliseconds. */
  duration: (args) => {
    const text = textArg('duration', args, 0);
    const milliseconds = parseDuration(text);
    if (milliseconds === undefined)
      throw new Fault(`duration: ${excerpt(text)} is no duration such as 30s or 1h30m.`);
    return milliseconds;
  },
};

function toInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return inRange(BigInt(Math.trunc(finite(value))));
  if (typeof value === 'string' && /^\s*[+-]?\d{1,40}\s*$/.test(value))
    return inRange(BigInt(value.trim().replace('+', '')));
  throw new Fault(`int: ${shown(value)} is no integer.`);
}

function toDouble(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,4})?\s*$/i.test(value))
    return finite(Number(value));
  throw new Fault(`double: ${shown(value)} is no number.`);
}

function toUint(args: readonly Value[]): bigint {
  const [value = null, base = 10n] = args;
  if (base !== 10n && base !== 16n) throw new Fault('uint: the base is 10 or 16.');
  if (typeof value === 'bigint' && value >= 0n) return value;
  if (typeof value === 'string') {
    const text = value.trim();
    if (base === 16n && /^(?:0x)?[0-9a-f]{1,16}$/i.test(text)) return BigInt(`0x${text.replace(/^0x/i, '')}`);
    if (base === 10n && /^(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return inRange(BigInt(text));
  }
  throw new Fault(`uint: ${shown(value)} is no unsigned 64-bit integer.`);
}

/** Charged before it is written out: a list may hold the same long text many times. */
function spendOn(value: Value, budget: Budget): void {
  budget.spend(1);
  if (typeof value === 'string') budget.spend(value.length / 16);
  else if (isList(value)) for (const item of value) spendOn(item, budget);
  else if (isMap(value)) for (const item of Object.values(value)) spendOn(item, budget);
}

function shown(value: Value): string {
  return typeof value === 'string' ? excerpt(value) : withArticle(kindOf(value));
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
