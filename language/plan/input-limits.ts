import { RE2JS } from '@bufbuild/re2';
import { convert } from '../../plan/expressions/conversion.ts';
import { isList, isMap, type Value } from '../../plan/expressions/values.ts';
import type { DeclaredInput } from '../build/inputs.ts';

/** What of `min`, `max` and `pattern` the value does not keep to. Of texts and lists the length counts. */
export function limitProblem(input: DeclaredInput, value: Value): string | undefined {
  if (input.optional && (value === '' || (isList(value) && value.length === 0))) return undefined;
  const measured = measure(value);
  const least = bound(input, input.min);
  const most = bound(input, input.max);
  const what = typeof value === 'string' ? 'its length' : isList(value) ? 'the number of its items' : 'it';
  if (measured !== undefined && least !== undefined && measured < least)
    return `${what} has to be ${input.min} at least`;
  if (measured !== undefined && most !== undefined && measured > most)
    return `${what} has to be ${input.max} at most`;
  if (input.pattern !== undefined && typeof value === 'string' && isPattern(input.pattern)) {
    // RE2: no pattern can take long, whatever stands in it.
    const matches = RE2JS.compile(input.pattern).matches(value);
    if (!matches) return `it has to match ${input.pattern} as a whole`;
  }
  return undefined;
}

function measure(value: Value): number | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value);
  if (typeof value === 'string') return [...value].length;
  if (isList(value)) return value.length;
  return isMap(value) ? Object.keys(value).length : undefined;
}

function bound(input: DeclaredInput, text: string | undefined): number | undefined {
  const value = boundOf(input, text);
  return value === undefined ? undefined : Number(value);
}

/** `min: 10s` of a duration is a duration; of a text or list it is a number. */
export function boundOf(input: DeclaredInput, text: string | undefined): bigint | number | undefined {
  if (text === undefined) return undefined;
  const { kind } = input.type;
  const type =
    kind === 'duration' || kind === 'size' || kind === 'number' ? input.type : ({ kind: 'int' } as const);
  const read = convert(type, text);
  return read.ok && (typeof read.value === 'bigint' || typeof read.value === 'number')
    ? read.value
    : undefined;
}

export function isPattern(text: string): boolean {
  try {
    RE2JS.compile(text);
    return true;
  } catch {
    return false;
  }
}
