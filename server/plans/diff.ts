import type { Digest } from '../../plan/ids.ts';
import type { Json } from '../../plan/json.ts';
import { isHostStep, type Plan, type PlanHost, type Script, type Step } from '../../plan/plan.ts';
import type { FieldChange, PlanDiffView, StepChange } from '../api/planDiff.ts';
import { stepsOf } from './present.ts';

/** The text that a digest names, where the store has it. */
export type TextOf = (digest: string) => string | undefined;

/** What is different in `after`. Steps are told apart by their place in the file: one with another id is another step. */
export function planDiff(
  before: { readonly plan: Plan; readonly digest: string; readonly run?: string },
  after: { readonly plan: Plan; readonly digest: string },
  textOf: TextOf,
): PlanDiffView {
  const [old, now] = [before.plan, after.plan];
  const run = before.run === undefined ? {} : { run: before.run };
  return {
    against: { digest: before.digest, runbook: old.runbook, ...run },
    same: before.digest === after.digest,
    inputs: inputChanges(old, now),
    hosts: hostChanges(old, now),
    locks: {
      added: now.locks.filter((lock) => !old.locks.includes(lock)),
      removed: old.locks.filter((lock) => !now.locks.includes(lock)),
    },
    others: fieldChanges(wholeOf(old), wholeOf(now)),
    sources: sourceChanges(old, now),
    ...stepChanges(old, now, textOf),
  };
}

function wholeOf({ runbook, summary, onFailure }: Plan): Texts {
  return { runbook, summary, on_failure: onFailure };
}

function inputChanges(old: Plan, now: Plan): PlanDiffView['inputs'] {
  return namesOf(old.inputs, now.inputs).flatMap((name) => {
    const [before, after] = [old.inputs[name], now.inputs[name]];
    if (same(before, after)) return [];
    return [{ name, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  });
}

function hostChanges(old: Plan, now: Plan): PlanDiffView['hosts'] {
  const [before, after] = [old, now].map(({ hosts }) => new Map(hosts.map((host) => [host.name, host])));
  const names = [...new Set([...old.hosts, ...now.hosts].map(({ name }) => name))];
  return names.flatMap((name): PlanDiffView['hosts'] => {
    const [was, is] = [before?.get(name), after?.get(name)];
    if (!was) return [{ name, what: 'added', fields: [] }];
    if (!is) return [{ name, what: 'removed', fields: [] }];
    const fields = fieldChanges(hostTexts(was), hostTexts(is));
    return fields.length > 0 ? [{ name, what: 'changed', fields }] : [];
  });
}

function hostTexts({ vars, ssh, groups, name: _, ...rest }: PlanHost): Texts {
  return texts({ ...rest, groups: groups.join(', '), ...vars, ...prefixed('ssh_', { ...ssh }) });
}

function prefixed(prefix: string, fields: { readonly [name: string]: unknown }) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`${prefix}${name}`, value]));
}

function sourceChanges(old: Plan, now: Plan): PlanDiffView['sources'] {
  const [before, after] = [old, now].map(({ sources }) =>
    Object.fromEntries(sources.map(({ path, sha256 }) => [path, sha256 as string])),
  );
  return fieldChanges(before ?? {}, after ?? {}).map(({ field, ...sides }) => ({
    path: field,
    what: !('before' in sides) ? 'added' : !('after' in sides) ? 'removed' : 'changed',
  }));
}

function stepChanges(old: Plan, now: Plan, textOf: TextOf): Pick<PlanDiffView, 'steps' | 'moved'> {
  const [before, after] = [old, now].map((plan) => new Map(stepsOf(plan).map((one) => [one.view.path, one])));
  const paths = merged([...(before?.keys() ?? [])], [...(after?.keys() ?? [])]);
  const steps = paths.flatMap((path): readonly StepChange[] => {
    const [was, is] = [before?.get(path), after?.get(path)];
    if (!was || !is) {
      const effect = (is ?? was)?.view.effect;
      const what = was ? 'removed' : 'added';
      return [{ path, what, fields: [], texts: [], ...(effect === undefined ? {} : { effect }) }];
    }
    const fields = fieldChanges(
      stepTexts(was.step, { ...was.view }, old),
      stepTexts(is.step, { ...is.view }, now),
    );
    const changed = textChanges(was.step, is.step, textOf);
    if (fields.length + changed.length === 0) return [];
    const { effect } = is.view;
    return [{ path, what: 'changed', fields, texts: changed, ...(effect === undefined ? {} : { effect }) }];
  });
  return { steps, moved: movedIn([...(before?.keys() ?? [])], [...(after?.keys() ?? [])]) };
}

/** In the order of the new one; what is gone stands where it stood. */
function merged(old: readonly string[], now: readonly string[]): readonly string[] {
  const order = [...now];
  for (const [at, path] of old.entries()) {
    if (now.includes(path)) continue;
    const left = old.slice(0, at).findLast((one) => order.includes(one));
    order.splice(left === undefined ? 0 : order.indexOf(left) + 1, 0, path);
  }
  return order;
}

/** Those that would have to be taken out for the others to stand in the same order: not on a longest common course. */
function movedIn(old: readonly string[], now: readonly string[]): string[] {
  const both = now.filter((path) => old.includes(path));
  const places = both.map((path) => old.indexOf(path));
  const longest = places.map(() => 1);
  const from = places.map(() => -1);
  for (const [i, place] of places.entries())
    for (let j = 0; j < i; j += 1)
      if ((places[j] ?? 0) < place && (longest[j] ?? 0) + 1 > (longest[i] ?? 0)) {
        longest[i] = (longest[j] ?? 0) + 1;
        from[i] = j;
      }
  const stays = new Set<number>();
  for (let at = longest.indexOf(Math.max(0, ...longest)); at >= 0; at = from[at] ?? -1) stays.add(at);
  return both.filter((_, at) => !stays.has(at));
}

type Texts = { readonly [field: string]: string };

/** What a step says, each part as a person reads it. Scripts stand apart, what is in it has a line of its own. */
function stepTexts(step: Step, view: { readonly [name: string]: unknown }, plan: Plan): Texts {
  const { path: _path, depth: _depth, at: _at, ...shown } = view;
  const { at: _place, id: _id, kind: _kind, title: _title, ...own } = step;
  const hidden = new Set([
    'steps',
    'script',
    'loop',
    'on',
    'when',
    'effect',
    'serial',
    'maxFailures',
    'rollback',
  ]);
  const rest = Object.fromEntries(
    Object.entries(own).filter(([name]) => !hidden.has(name) && !(name in shown)),
  );
  return texts({ ...rest, ...shown, ...shellOf(step, plan) });
}

/** The shell files that its script may call: one that has changed may change what the step does. */
function shellOf(step: Step, plan: Plan): { readonly [name: string]: string } {
  if (!isHostStep(step) || step.kind !== 'run') return {};
  const paths = new Map(plan.sources.map(({ path, sha256 }) => [sha256, path]));
  const { shell, includes } = step.script;
  const names = includes.map((sha256) => `${paths.get(sha256) ?? 'include'} ${sha256.slice(0, 8)}`);
  return { shell, include: names.join(', ') };
}

function textChanges(old: Step, now: Step, textOf: TextOf): StepChange['texts'] {
  const [before, after] = [scriptsOf(old), scriptsOf(now)];
  return namesOf(before, after).flatMap((name) => {
    const [was, is] = [before[name]?.sha256, after[name]?.sha256];
    if (was === is) return [];
    const text = (digest: string | undefined) => (digest === undefined ? '' : (textOf(digest) ?? digest));
    return [{ name, before: text(was), after: text(is) }];
  });
}

/** By what each is: the step's own, `done`, `rollback`. */
export function scriptsOf(step: Step): { readonly [name: string]: Script } {
  if (!isHostStep(step)) return {};
  return {
    ...(step.kind === 'run' ? { run: step.script } : {}),
    ...(step.kind === 'run' && step.done ? { done: step.done.script } : {}),
    ...(step.rollback ? { rollback: step.rollback.script } : {}),
  };
}

/** Digests of all its scripts. */
export function scriptsIn(plan: Plan): readonly Digest[] {
  return stepsOf(plan).flatMap(({ step }) => Object.values(scriptsOf(step)).map(({ sha256 }) => sha256));
}

function fieldChanges(old: Texts, now: Texts): FieldChange[] {
  return namesOf(old, now).flatMap((field) => {
    const [before, after] = [old[field], now[field]];
    if (before === after) return [];
    return [
      { field, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    ];
  });
}

function namesOf(old: object, now: object): readonly string[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function texts(fields: { readonly [name: string]: unknown }): Texts {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const text = value === undefined ? '' : readable(value as Json);
      return text === '' ? [] : [[snake(name), text]];
    }),
  );
}

function snake(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A value of a plan in words: expressions as written, no places in files, no digests of scripts. */
function readable(value: Json): string {
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) {
    // A text with expressions in it, and not a list of names.
    if (value.every(isPart) && (value.length === 1 || value.some((part) => typeof part !== 'string')))
      return value.map(partText).join('');
    return value.map(readable).join(', ');
  }
  const fields = value as { readonly [name: string]: Json };
  if (typeof fields.cel === 'string') return fields.cel;
  if (typeof fields.words === 'string') return `${fields.words}: ${readable(fields.holds ?? '')}`;
  return Object.entries(fields)
    .filter(([name]) => name !== 'at' && name !== 'script')
    .map(([name, one]) => `${snake(name)} ${readable(one)}`)
    .join('; ');
}

function isPart(part: Json): boolean {
  return typeof part === 'string' || (typeof part === 'object' && part !== null && 'cel' in part);
}

function partText(part: Json): string {
  return typeof part === 'string' ? part : `\${{ ${readable(part)} }}`;
}
