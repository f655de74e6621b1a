import type { Path, Source, Tree } from '../language/yaml/source.ts';
import type { Complaints } from '../plan/complaints.ts';
import type { JsonObject } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';
import type { ExpectForm } from './form.ts';
import { givenFailures } from './given.ts';
import { matches, textOf } from './matches.ts';
import { isAt, knownPlace, type Places } from './places.ts';
import type { Told } from './told.ts';
import { isTreeMap } from './trees.ts';

/** Something that is not as the test says, and where the test says it. */
export type Failure = { readonly at: Position; readonly says: string };

export type Expectations = {
  readonly form: ExpectForm;
  readonly source: Source;
  /** Of `expect` in the file. */
  readonly path: Path;
};

/** Complains of steps that there are not: an expectation of them would hold for ever. */
export function checkExpectations(
  { form, source, path }: Expectations,
  places: Places,
  complaints: Complaints,
): void {
  const known = (step: string, here: Path) =>
    knownPlace(places, step, source.at([...path, ...here]), complaints);
  if (form.at !== undefined) known(form.at, ['at']);
  for (const key of ['ran', 'never_ran', 'order'] as const)
    for (const [i, step] of (form[key] ?? []).entries())
      known(step, source.scalar([...path, key]) === undefined ? [key, i] : [key]);
  for (const key of ['times', 'hosts', 'given', 'values'] as const)
    for (const step of Object.keys(form[key] ?? {}))
      knownPlace(places, step, source.keyAt([...path, key, step]), complaints);
}

/** What a walk did otherwise than a case expects. */
export function failuresOf(expectations: Expectations, told: Told): readonly Failure[] {
  const { form, source, path } = expectations;
  const failures: Failure[] = [];
  const fail = (here: Path, says: string) => failures.push({ at: source.at([...path, ...here]), says });
  const status = form.status ?? 'succeeded';
  const { walked } = told;
  if (walked.status !== status)
    fail(['status'], `expected ${status}, and it ${stands(walked.status)} ${told.why()}`);
  else if (form.at !== undefined && !walked.at.some((step) => isAt(step, form.at ?? '')))
    fail(['at'], `expected it at ${form.at}, and it ${stands(walked.status)} ${told.why()}`);
  words(expectations, told, fail);
  steps(form, told, fail);
  for (const [step, expected] of Object.entries(form.hosts ?? {})) outcomes(told, step, expected, fail);
  failures.push(...givenFailures(source, [...path, 'given'], form.given ?? {}, told));
  for (const [step, expected] of Object.entries(form.values ?? {})) {
    const set = told.entries.findLast((entry) => entry.kind === 'value.set' && isAt(entry.data.step, step));
    const values: JsonObject =
      set?.kind !== 'value.set'
        ? {}
        : { ...set.data.values, ...(set.data.choice === undefined ? {} : { choice: set.data.choice }) };
    for (const [name, tree] of Object.entries(expected))
      if (!matches(values[name], tree))
        fail(
          ['values', step, name],
          `${step}.${name} is ${textOf(values[name])}, and should be ${shown(tree)}`,
        );
  }
  for (const [name, tree] of Object.entries(form.outputs ?? {})) {
    const value = walked.end?.outputs?.[name];
    if (!matches(value, tree))
      fail(['outputs', name], `the output ${name} is ${textOf(value)}, and should be ${shown(tree)}`);
  }
  return failures;
}

type Fail = (here: Path, says: string) => void;

/** `is held …`, `succeeded`, `failed: …`. */
function stands(status: string): string {
  return status === 'held' ? 'is' : status === 'waiting' ? 'is' : 'has';
}

function words({ form }: Expectations, told: Told, fail: Fail): void {
  const all = told.sentences();
  for (const said of form.said ?? [])
    if (!all.some((sentence) => sentence.includes(said)))
      fail(
        ['said'],
        `nothing said "${said}"${all.length === 0 ? '' : `; what was said: ${[...new Set(all)].slice(-4).join(' | ')}`}`,
      );
  for (const said of form.never_said ?? []) {
    const sentence = all.find((one) => one.includes(said));
    if (sentence !== undefined) fail(['never_said'], `"${said}" was said: ${sentence}`);
  }
}

function steps(form: ExpectForm, told: Told, fail: Fail): void {
  const began = told.began();
  for (const step of form.ran ?? [])
    if (!began.some((one) => isAt(one, step)))
      fail(['ran'], `${step} never ran; it ${stands(told.walked.status)} ${told.why()}`);
  for (const step of form.never_ran ?? [])
    if (began.some((one) => isAt(one, step))) fail(['never_ran'], `${step} ran`);
  const order = form.order ?? [];
  for (const [i, step] of order.entries()) {
    const before = order[i - 1];
    const at = began.findIndex((one) => isAt(one, step));
    if (at < 0) fail(['order', i], `${step} never ran`);
    else if (before !== undefined && began.findIndex((one) => isAt(one, before)) > at)
      fail(['order', i], `${step} began before ${before}`);
  }
  for (const [step, times] of Object.entries(form.times ?? {})) {
    const launched = told.launchesAt(step).length;
    if (launched !== times)
      fail(['times', step], `${step} was launched ${launched} times, and should be ${times} times`);
  }
}

/** One outcome for the whole step, or one for each host that is named. */
function outcomes(told: Told, step: string, expected: Tree, fail: Fail): void {
  const { whole, hosts } = told.outcomes(step);
  if (!isTreeMap(expected)) {
    const all = hosts.size > 0 ? [...hosts] : [['', whole ?? 'not begun'] as const];
    for (const [host, outcome] of all)
      if (outcome !== expected)
        fail(
          ['hosts', step],
          `${step} is ${outcome}${host === '' ? '' : ` on ${host}`}, and should be ${String(expected)}`,
        );
    return;
  }
  for (const [host, outcome] of Object.entries(expected)) {
    const was = [...hosts].find(([name]) => name === host)?.[1] ?? 'not begun';
    if (was !== outcome)
      fail(['hosts', step, host], `${step} is ${was} on ${host}, and should be ${String(outcome)}`);
  }
}

function shown(tree: Tree): string {
  return typeof tree === 'string' ? tree : JSON.stringify(tree);
}
