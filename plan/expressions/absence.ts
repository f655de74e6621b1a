import type { ValueList } from './values.ts';

/** Kept beside the lists, as a list may not carry fields of its own. */
const absences = new WeakMap<ValueList, string>();

/**
 * The same list, with a sentence that says what is missing in it and why ("etcd01: unreachable; etcd02: no copy").
 * Where a function then needs an element and there is none, its failure says so. Filtered, mapped and sorted lists keep it.
 */
export function withAbsence(list: ValueList, sentence: string): ValueList {
  const noted = [...list];
  absences.set(noted, sentence);
  return noted;
}

/** Hands the note of one list on to one made from it. */
export function keepAbsence(from: ValueList, made: ValueList): ValueList {
  const sentence = absences.get(from);
  if (sentence !== undefined) absences.set(made, sentence);
  return made;
}

/** For the end of a message: ` Missing: …`, or nothing. */
export function absenceNote(list: ValueList): string {
  const sentence = absences.get(list);
  return sentence === undefined ? '' : ` Missing: ${sentence.replace(/\.$/, '')}.`;
}
