import type { Inventory } from '../inventory/inventory.ts';
import { type CompileResult, compile } from '../language/compile.ts';
import type { Library } from '../language/load/library.ts';
import type { Path } from '../language/yaml/source.ts';
import type { Complaint } from '../plan/complaints.ts';
import { Complaints } from '../plan/complaints.ts';
import type { Json } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';
import { answerFailures } from './answer-failures.ts';
import { readAnswers } from './answers.ts';
import type { Coverage } from './coverage.ts';
import { crashed } from './crash.ts';
import { checkExpectations, type Expectations, type Failure, failuresOf } from './expectations.ts';
import { guessedInventory, saidInventory } from './inventory.ts';
import type { TestCase, TestFile } from './load.ts';
import { mockedHosts, type Unmocked } from './mocked-hosts.ts';
import { readMocks } from './mocks.ts';
import { type HostWords, patternWords } from './named-hosts.ts';
import { noPlan } from './no-plan.ts';
import { knownPlace, type Places, placesOf } from './places.ts';
import { Told } from './told.ts';
import { givenAt, type TreeMap } from './trees.ts';
import { withUsed } from './used.ts';
import { type WalkSetup, walkCase } from './walk.ts';

export type CaseOutcome = {
  /** Not as the test says. */
  readonly failures: readonly Failure[];
  /** What is wrong with the test, or with the runbook. */
  readonly complaints: readonly Complaint[];
  /** How often it was walked again after a crash. */
  readonly crashes: number;
};

export type CaseSetup = {
  readonly library: Library;
  readonly file: TestFile;
  readonly coverage: Coverage;
  /** What the runbook says of hosts: they are made up where a test says none. */
  readonly words: HostWords;
  /** What was compiled before: cases often differ in nothing that a plan is made of. */
  readonly compiled: Map<string, CompileResult>;
  /** How a plan is walked. Left out: over mocks, by a clock of its own. */
  readonly walk?: typeof walkCase;
};

/** Runs one case: compiles the runbook for its hosts and inputs, walks the plan, and compares. */
export async function runCase(setup: CaseSetup, one: TestCase): Promise<CaseOutcome> {
  const { file, coverage } = setup;
  const complaints = new Complaints();
  const { form, path } = one;
  const expectations: Expectations = { form: form.expect, source: file.source, path: [...path, 'expect'] };
  const inventory = inventoryOf(setup, one, complaints);
  const compiled = compileFor(setup, one, inventory);
  if (!compiled.ok) return { ...noPlan(compiled.complaints, file, one), crashes: 0 };
  const { plan } = compiled.compiled;
  const places = placesOf(plan);
  const read = readCase(setup, one, { inventory, places }, complaints);
  checkExpectations(expectations, places, complaints);
  if (one.broken || complaints.failed) return { failures: [], complaints: complaints.sorted(), crashes: 0 };
  const unmocked: Unmocked[] = [];
  const walk: WalkSetup = {
    plan: withUsed(plan, read.mocks.used),
    answer: mockedHosts(plan, read.mocks, (what) => unmocked.push(what)),
    answers: read.answers,
    identity: form.identity ?? file.form.identity ?? 'one_owner',
    requestedBy: form.requested_by ?? file.form.requested_by ?? 'ops',
    saw: coverage.watch(plan),
  };
  const walked = await (setup.walk ?? walkCase)(walk);
  const told = new Told(walked);
  if (walked.endless) {
    const says = `it goes on and on: ${told.why()}`;
    return { failures: [{ at: file.source.at([...path, 'name']), says }], complaints: [], crashes: 0 };
  }
  coverage.add(told, places);
  complainOfUnmocked(unmocked, file.source.at([...path, 'name']), complaints);
  if (complaints.failed) return { failures: [], complaints: complaints.sorted(), crashes: 0 };
  const failures = [...failuresOf(expectations, told), ...answerFailures(walked, read.answers)];
  // After a failure the ends of crashes would only say the same again.
  if (!form.crash || failures.length > 0) return { failures, complaints: [], crashes: 0 };
  const crash = await crashed(walk, walked, form.crash);
  const at = file.source.at([...path, 'crash']);
  return { failures: crash.failures.map((says) => ({ at, says })), complaints: [], crashes: crash.walks };
}

function compileFor(
  { library, file, compiled }: CaseSetup,
  one: TestCase,
  inventory: Inventory,
): CompileResult {
  const { runbook, form } = file;
  const request = {
    runbook,
    inputs: inputsOf(file, one),
    onFailure: one.form.on_failure ?? form.on_failure ?? 'hold',
  };
  const key = JSON.stringify([request, inventory.hosts, [...inventory.groups]]);
  const known = compiled.get(key) ?? compile({ ...request, library, inventory });
  compiled.set(key, known);
  return known;
}

function inventoryOf(
  { file, words }: CaseSetup,
  { form, path }: TestCase,
  complaints: Complaints,
): Inventory {
  if (form.inventory) return saidInventory(file.source, [...path, 'inventory'], form.inventory, complaints);
  if (file.form.inventory) return saidInventory(file.source, ['inventory'], file.form.inventory, complaints);
  const { groups, inputs } = words;
  const given = { ...file.form.inputs, ...form.inputs };
  const named = [...inputs].flatMap((input) => {
    const value = given[input];
    return typeof value === 'string' ? patternWords(value) : [];
  });
  return guessedInventory(
    named.filter((word) => !groups.has(word)),
    groups,
  );
}

function inputsOf(file: TestFile, { form, path }: TestCase): { readonly [name: string]: Json } {
  const read = (at: Path, inputs: TreeMap = {}) =>
    Object.entries(inputs).map(([name, tree]) => [name, givenAt(file.source, [...at, name], tree)] as const);
  return Object.fromEntries([
    ...read(['inputs'], file.form.inputs),
    ...read([...path, 'inputs'], form.inputs),
  ]);
}

function readCase(
  { file }: CaseSetup,
  { form, path }: TestCase,
  { inventory, places }: { readonly inventory: Inventory; readonly places: Places },
  complaints: Complaints,
) {
  const { source } = file;
  const layers = (key: 'mock' | 'answers') => [
    ...(file.form[key] ? [{ path: [key], tree: file.form[key], own: false }] : []),
    ...(form[key] ? [{ path: [...path, key], tree: form[key], own: true }] : []),
  ];
  for (const [i, step] of (form.crash ?? []).entries())
    if (step !== 'every_step') {
      const at = source.scalar([...path, 'crash']) === undefined ? ['crash', i] : ['crash'];
      knownPlace(places, step, source.at([...path, ...at]), complaints);
    }
  return {
    mocks: readMocks({ source, layers: layers('mock'), places, inventory, complaints }),
    answers: readAnswers({ source, layers: layers('answers'), places, complaints }),
  };
}

/** What each step is to give is asked for once, however many hosts it came to. */
function complainOfUnmocked(unmocked: readonly Unmocked[], at: Position, complaints: Complaints): void {
  for (const { step, host, missing } of unmocked)
    complaints.error(at, {
      code: 'mock/missing-output',
      message: `${step} gives nothing for ${missing.map((each) => each.split(':')[0]).join(', ')} on ${host}.`,
      mend: `Mock it: mock: { ${step}: { ${missing.join(', ')} } }`,
    });
}
