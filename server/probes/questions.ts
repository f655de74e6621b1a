import { hostFinder } from '../../language/plan/host-values.ts';
import { decodeMap } from '../../plan/expressions/encoding.ts';
import { evaluate } from '../../plan/expressions/evaluate.ts';
import { renderText } from '../../plan/expressions/template.ts';
import { secretsIn } from '../../plan/expressions/text.ts';
import { HostValue, isList, isMap, type Value } from '../../plan/expressions/values.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Expr, HostSet, Plan, RunStep, Script, Step, Template, Unit } from '../../plan/plan.ts';

/** Something that can be asked of a host before the run, because all that it needs is known. */
export type Question = {
  readonly path: string;
  readonly host: HostName;
  readonly of: 'done' | 'read';
  readonly script: Script;
  readonly env: { readonly [name: string]: string };
  readonly timeoutMs?: number;
};

type Finder = (name: string) => HostValue | undefined;

/** The names that are known before the run at one place of the walk. */
type Known = {
  readonly plan: Plan;
  readonly unit: Unit;
  readonly find: Finder;
  readonly names: ReadonlyMap<string, Value>;
  readonly prefix: string;
  /** Whether a step before this place changes something. */
  readonly before: { changed: boolean };
};

/**
 * The `done` scripts and the steps that only read whose hosts, conditions and environment depend on inputs and hosts alone.
 * What needs the outputs of an earlier step, or a secret, is left to the run; so is what only reads behind a change: it looks
 * at what the change will have done.
 */
export function questionsOf(plan: Plan): readonly Question[] {
  const unit = plan.units[plan.main];
  if (!unit) return [];
  const find = hostFinder(plan.hosts, unit.hostVars);
  const names = new Map(Object.entries(decodeMap(plan.inputs, find)));
  return within({ plan, unit, find, names, prefix: '', before: { changed: false } }, unit.steps);
}

function within(known: Known, steps: readonly Step[]): readonly Question[] {
  return steps.flatMap((step) => ofStep(known, step));
}

function ofStep(known: Known, step: Step): readonly Question[] {
  if (step.when && valueIn(known, step.when) !== true) return [];
  switch (step.kind) {
    case 'run':
      return ofRun(known, step);
    case 'group':
      return turns(known, step).flatMap((turn) => within(turn, step.steps));
    case 'use':
      return turns(known, step).flatMap((turn) => inUnit(turn, step));
    case 'http':
      known.before.changed ||= step.effect !== 'read';
      return [];
    case 'set':
    case 'check':
    case 'approve':
      return [];
  }
}

/** Once, or once for each host of the loop; a list's length is the run's to find out. */
function turns(known: Known, step: Extract<Step, { kind: 'group' | 'use' }>): readonly Known[] {
  const prefix = `${known.prefix}${step.id}`;
  const { loop } = step;
  if (!loop) return [{ ...known, prefix: `${prefix}/` }];
  if (loop.over === 'list') return [];
  return hostsOf(known, loop.on).flatMap((name) => {
    const host = known.find(name);
    return host
      ? [{ ...known, prefix: `${prefix}[${name}]/`, names: new Map([...known.names, [loop.as, host]]) }]
      : [];
  });
}

function inUnit(known: Known, step: Extract<Step, { kind: 'use' }>): readonly Question[] {
  const unit = known.plan.units[step.unit];
  if (!unit) return [];
  const find = hostFinder(known.plan.hosts, unit.hostVars);
  const names = new Map<string, Value>();
  for (const [name, expr] of Object.entries(step.with)) {
    const value = valueIn(known, expr);
    if (value === undefined) continue;
    const several = unit.inputs[name]?.kind === 'hosts' && !isList(value);
    names.set(name, seenBy(find, several ? [value] : value));
  }
  return within({ ...known, unit, find, names }, unit.steps);
}

function ofRun(known: Known, step: RunStep): readonly Question[] {
  const asked = whatToAsk(known, step);
  known.before.changed ||= step.effect !== 'read';
  if (!asked || step.sensitive) return [];
  return hostsOf(known, step.on).flatMap((host) => {
    const env = environment(known, step.env, host);
    if (!env) return [];
    const timeout = step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs };
    return [{ path: `${known.prefix}${step.id}`, host, env, ...asked, ...timeout }];
  });
}

function whatToAsk(known: Known, step: RunStep): Pick<Question, 'of' | 'script'> | undefined {
  if (step.effect === 'read') return known.before.changed ? undefined : { of: 'read', script: step.script };
  return step.done && { of: 'done', script: step.done.script };
}

function environment(
  known: Known,
  templates: { readonly [name: string]: Template },
  host: HostName,
): { readonly [name: string]: string } | undefined {
  const env: Record<string, string> = {};
  for (const [name, template] of Object.entries(templates)) {
    const text = renderText(template, (word) => nameOf(known, word, host));
    if (!text.ok || secretsIn(text.value).length > 0) return undefined;
    env[name] = text.value;
  }
  return env;
}

/** In inventory order; none where they are not known yet. */
function hostsOf(known: Known, set: HostSet): readonly HostName[] {
  let picked = new Set<string>();
  for (const { op, of } of set) {
    const named = 'hosts' in of ? of.hosts : namedBy(known, of.expr, of.index);
    if (!named) return [];
    const these = new Set<string>(named);
    if (op === 'add') picked = picked.union(these);
    else picked = op === 'keep' ? picked.intersection(these) : picked.difference(these);
  }
  return known.plan.hosts.map(({ name }) => name).filter((name) => picked.has(name));
}

function namedBy(known: Known, expr: Expr, index: number | undefined): readonly string[] | undefined {
  const value = valueIn(known, expr);
  const all = value === undefined ? undefined : hostNames(value);
  if (!all || index === undefined) return all;
  const one = all.at(index);
  return one === undefined ? undefined : [one];
}

function hostNames(value: Value): readonly string[] | undefined {
  if (value instanceof HostValue) return [value.name];
  if (!isList(value)) return undefined;
  const names = value.map(hostNames);
  return names.includes(undefined) ? undefined : names.flatMap((name) => name ?? []);
}

function valueIn(known: Known, expr: Expr): Value | undefined {
  const result = evaluate(expr.cel, (word) => nameOf(known, word));
  return result.ok ? result.value : undefined;
}

function nameOf(known: Known, word: string, host?: HostName): Value | undefined {
  if (word === 'host') return host === undefined ? undefined : known.find(host);
  return known.names.get(word);
}

/** The same hosts as another unit sees them: its `host_vars` are its own. */
function seenBy(find: Finder, value: Value): Value {
  if (value instanceof HostValue) return find(value.name) ?? value;
  if (isList(value)) return value.map((item) => seenBy(find, item));
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, seenBy(find, item)]));
  return value;
}
