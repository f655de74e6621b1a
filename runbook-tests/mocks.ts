import type { Inventory } from '../inventory/inventory.ts';
import type { Path, Source, Tree } from '../language/yaml/source.ts';
import type { Complaints } from '../plan/complaints.ts';
import { HostValue } from '../plan/expressions/values.ts';
import { type HostName, hostName } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import { WORKER } from '../workflows/interpreter/steps/on-hosts.ts';
import { answerKeys, type MockAnswer, type MockPlace, readAnswer } from './mock-answer.ts';
import { isAt, knownPlace, type Place, type Places } from './places.ts';
import { isTreeList, isTreeMap, jsonAt, type TreeMap } from './trees.ts';

/** What is said of a step (or one turn of it) on all of its hosts, or on some; one answer for each time it is launched there. */
type Rule = {
  readonly step: string;
  readonly hosts?: readonly HostName[];
  readonly answers: readonly MockAnswer[];
};

/** Everything that a case mocks. */
export type Mocks = {
  /** What a step does on a host when it is launched there for the time `nth`, from 0; the last answer goes on. */
  readonly answer: (instance: string, host: HostName, nth: number) => MockAnswer;
  /** Of `use` steps that are not walked: what they give. */
  readonly used: ReadonlyMap<string, { readonly [output: string]: Json }>;
};

export type MockLayer = { readonly path: Path; readonly tree: TreeMap };

/** What is read: the layers from the most general to the most particular, the file's and then the case's. */
export type MocksToRead = {
  readonly source: Source;
  readonly layers: readonly MockLayer[];
  readonly places: Places;
  readonly inventory: Inventory;
  readonly complaints: Complaints;
};

/** Reads mocks. What fits a step is laid over each other: the case over the file, a turn over its loop, a host over a group. */
export function readMocks(toRead: MocksToRead): Mocks {
  const { source, layers, places, complaints } = toRead;
  const rules: Rule[] = [];
  const used = new Map<string, { readonly [output: string]: Json }>();
  for (const { path, tree } of layers) {
    for (const [step, value] of Object.entries(tree).toSorted(([a], [b]) => turns(a) - turns(b))) {
      const here = [...path, step];
      const place = knownPlace(places, step, source.keyAt(here), complaints);
      if (place === undefined) continue;
      if (place.step.kind === 'use') {
        const outputs = readUsed(toRead, place, here, value);
        if (outputs) used.set(place.path, { ...used.get(place.path), ...outputs });
      } else if ('effect' in place.step) rules.push(...readRules(toRead, place, step, here, value));
      else
        complaints.error(source.keyAt(here), {
          code: 'mock/nothing-to-mock',
          message: `${step} asks no host and no server: there is nothing to mock.`,
          mend: MENDS[place.step.kind]?.(step) ?? 'Mock what it reads.',
        });
    }
  }
  return { used, answer: (instance, host, nth) => laidOver(rules, instance, host, nth) };
}

const MENDS: { readonly [kind: string]: (step: string) => string } = {
  approve: (step) => `Answer it: answers: { ${step}: approve }.`,
  manual: (step) => `Answer it: answers: { ${step}: confirm }.`,
  wait: () => 'The clock of a test goes on by itself.',
};

function turns(step: string): number {
  return step.split('[').length;
}

function laidOver(rules: readonly Rule[], instance: string, host: HostName, nth: number): MockAnswer {
  return rules
    .filter((rule) => isAt(instance, rule.step) && (rule.hosts === undefined || rule.hosts.includes(host)))
    .flatMap(({ answers }) => answers[Math.min(nth, answers.length - 1)] ?? [])
    .reduce(over, { outputs: {} });
}

/** A new outcome leaves nothing of the reasons for the one before. */
function over(below: MockAnswer, above: MockAnswer): MockAnswer {
  const { outcome: _, rc: __, reason: ___, ...rest } = below;
  const stays = above.outcome === undefined ? below : rest;
  return { ...stays, ...above, outputs: { ...below.outputs, ...above.outputs } };
}

/** Keys of a mapping that are hosts (names, groups or patterns) are read for each of them, after what holds for all. */
function readRules(toRead: MocksToRead, place: Place, step: string, path: Path, tree: Tree): readonly Rule[] {
  const { source, inventory, complaints } = toRead;
  const findHost = (name: string) =>
    inventory.hosts.some((host) => host.name === name) ? new HostValue(hostName(name)) : undefined;
  const about: MockPlace = { source, place, findHost, complaints };
  if (!isTreeMap(tree)) return [{ step, answers: readAnswers(about, path, tree) }];
  const hosts = hostsNamed(toRead, place, tree);
  const others = Object.entries(tree).filter(([key]) => !hosts.has(key));
  const rules = [...hosts]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([key, these]) => ({
      step,
      hosts: these,
      answers: readAnswers(about, [...path, key], tree[key] ?? null),
    }));
  if (others.length === 0) return rules;
  return [{ step, answers: readAnswers(about, path, Object.fromEntries(others)) }, ...rules];
}

/** The keys that are hosts. What the step itself has under that name goes before. */
function hostsNamed(
  { inventory }: MocksToRead,
  place: Place,
  tree: TreeMap,
): ReadonlyMap<string, readonly HostName[]> {
  const outputs = 'outputs' in place.step ? Object.keys(place.step.outputs) : [];
  const own = [...answerKeys(place), ...outputs];
  const found = new Map<string, readonly HostName[]>();
  for (const key of Object.keys(tree)) {
    const selected = own.includes(key) ? undefined : inventory.select(key);
    if (selected?.ok) found.set(key, key === 'all' ? [...selected.hosts, WORKER] : selected.hosts);
  }
  return found;
}

function readAnswers(about: MockPlace, path: Path, tree: Tree): readonly MockAnswer[] {
  const each = isTreeList(tree)
    ? tree.map((item, i) => readAnswer(about, [...path, i], item))
    : [readAnswer(about, path, tree)];
  return each.filter((answer) => answer !== undefined);
}

/** What a `use` gives where it is not walked. */
function readUsed(
  { source, complaints, places }: MocksToRead,
  place: Place,
  path: Path,
  tree: Tree,
): { readonly [output: string]: Json } | undefined {
  const { step } = place;
  const inner = [...places.values()].find((other) => other.path.startsWith(`${place.path}/`));
  const unit = step.kind === 'use' ? inner?.unit : undefined;
  const known = Object.keys(unit?.outputs ?? {});
  if (!isTreeMap(tree)) {
    complaints.error(source.at(path), {
      code: 'mock/wrong-value',
      message: `${place.path} uses another runbook: its outputs can be given, or its steps mocked.`,
      mend: `Write a mapping of its outputs, or mock ${place.path}/STEP.`,
    });
    return undefined;
  }
  const strange = Object.keys(tree).filter((name) => !known.includes(name));
  for (const name of strange)
    complaints.error(source.keyAt([...path, name]), {
      code: 'mock/unknown-output',
      message: `${unit?.name ?? place.path} has no output ${name}.`,
      mend: known.length > 0 ? `It has: ${known.join(', ')}.` : 'It has none.',
    });
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, jsonAt(source, [...path, name], value)]),
  );
}
