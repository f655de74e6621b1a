import type { HostFinder } from '../../plan/expressions/encoding.ts';
import { evaluate, type Scope } from '../../plan/expressions/evaluate.ts';
import { HostValue, isList, type Value } from '../../plan/expressions/values.ts';
import { hostsOfSet, sliceOf } from '../../plan/host-sets.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Expr, HostSet, HostTerm, Plan, Unit } from '../../plan/plan.ts';

/** Hosts that are chosen when it runs: some of `hosts`, and the steps (their ids) that choose. */
export type Among = { readonly hosts: readonly HostName[]; readonly by: readonly string[] };

/** What is known before the run at one place of its walk. Maps grow from step to step, as later steps know of earlier ones. */
export type Known = {
  readonly plan: Plan;
  readonly unit: Unit;
  readonly find: HostFinder;
  readonly names: Map<string, Value>;
  /** Names that only the run gives a value, and the hosts that it can be or come from. */
  readonly among: Map<string, Among>;
  /** Of the instances of its steps: `join[h1]/`. */
  readonly prefix: string;
};

/** The names as expressions see them; `host` is the one that a step is for, where it is for one. */
export function scopeOf(known: Known, host?: HostName): Scope {
  return (word) => {
    if (word !== 'host') return known.names.get(word);
    return host === undefined ? undefined : known.find(host);
  };
}

/** Undefined where something in it is known only when it runs. */
export function valueIn(known: Known, expr: Expr): Value | undefined {
  const result = evaluate(expr.cel, scopeOf(known));
  return result.ok ? result.value : undefined;
}

/** In inventory order; undefined where they are known only when it runs. */
export function hostsIn(known: Known, set: HostSet): readonly HostName[] | undefined {
  const order = known.plan.hosts.map(({ name }) => name);
  return hostsOfSet(set, order, (of) => termHosts(known, of));
}

/** The hosts that a term surely names. */
export function termHosts(known: Known, of: HostTerm['of']): readonly string[] | undefined {
  if ('hosts' in of) return of.hosts;
  const value = valueIn(known, of.expr);
  const all = value === undefined ? undefined : hostNames(value);
  if (!all || of.index === undefined) return all && sliceOf(all, of.slice);
  const one = all.at(of.index);
  return one === undefined ? undefined : [one];
}

/** The names of a host or of a list of hosts; undefined for anything else. */
export function hostNames(value: Value): readonly string[] | undefined {
  if (value instanceof HostValue) return [value.name];
  if (!isList(value)) return undefined;
  const names = value.map(hostNames);
  return names.includes(undefined) ? undefined : names.flatMap((name) => name ?? []);
}
