import { HoldfastError } from '../errors.ts';
import { absenceNote } from './absence.ts';
import { Fault } from './failure.ts';
import { didYouMean } from './nearest-name.ts';
import { HostValue, isList, isMap, kindOf, MISSING_VALUE, type Value, View, withArticle } from './values.ts';
import { Version } from './version.ts';

/** `value.name`. @throws Fault where there is no such field. */
export function readField(value: Value, name: string): Value {
  const found = findField(value, name);
  if (found !== undefined) return found;
  const names = fieldNames(value);
  const mend = didYouMean(name, names);
  throw new Fault(`${titleOf(value)} has no field ${name}.`, mend === undefined ? {} : { mend });
}

/** Undefined where a value of this kind may have fields, but not this one. @throws Fault where it can't have any. */
function findField(value: Value, name: string): Value | undefined {
  if (typeof value === 'object' && value !== null && !isList(value)) {
    if (isMap(value)) return Object.hasOwn(value, name) ? value[name] : undefined;
    if (value instanceof HostValue || value instanceof View) return value.field(name);
    if (value instanceof Version) return versionPart(value, name);
  }
  const mend = isList(value)
    ? `Name an element ([0]), or take the field of each: map(x, x.${name}).`
    : undefined;
  const message = `${withArticle(kindOf(value))} has no fields, so no ${name}.`;
  throw new Fault(message.charAt(0).toUpperCase() + message.slice(1), mend === undefined ? {} : { mend });
}

/** As `findField`, and undefined also where the field exists but has no value here. @throws Fault */
export function findValue(value: Value, name: string): Value | undefined {
  try {
    return findField(value, name);
  } catch (error) {
    if (error instanceof HoldfastError && error.code === MISSING_VALUE) return undefined;
    throw error;
  }
}

/** `value[index]`; a negative index counts from the end, as in `on`. @throws Fault */
export function readIndex(value: Value, index: Value): Value {
  if (isList(value)) {
    if (typeof index !== 'bigint')
      throw new Fault(`A list's index is an int, not ${withArticle(kindOf(index))}.`);
    const found = value.at(Number(BigInt.asIntN(53, index)));
    if (found !== undefined) return found;
    const size = value.length === 1 ? 'one element' : `${value.length} elements`;
    throw new Fault(`There is no [${index}] in a list of ${size}.${absenceNote(value)}`);
  }
  if (typeof index !== 'string') {
    throw new Fault(`${titleOf(value)} is asked by name, not by ${withArticle(kindOf(index))}.`);
  }
  return readField(value, index);
}

function versionPart(version: Version, name: string): Value | undefined {
  const part = ['major', 'minor', 'patch'].indexOf(name);
  return part < 0 ? undefined : (version.numbers[part] ?? 0n);
}

function fieldNames(value: Value): readonly string[] {
  if (value instanceof HostValue) return ['name', ...value.fieldNames()];
  if (value instanceof View) return value.fieldNames();
  if (value instanceof Version) return ['major', 'minor', 'patch'];
  return typeof value === 'object' && value !== null && isMap(value) ? Object.keys(value) : [];
}

function titleOf(value: Value): string {
  if (value instanceof HostValue) return `Host ${value.name}`;
  if (value instanceof View) return value.title.charAt(0).toUpperCase() + value.title.slice(1);
  const kind = withArticle(kindOf(value));
  return kind === 'a map' ? 'This map' : kind.charAt(0).toUpperCase() + kind.slice(1);
}
