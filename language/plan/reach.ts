import { parseExpression } from '../../plan/expressions/parse.ts';
import { sliceOf } from '../../plan/host-sets.ts';
import type { HostName } from '../../plan/ids.ts';
import type { Expr, HostSet, HostTerm } from '../../plan/plan.ts';

/**
 * The hosts that something may turn out to be. `exact`: it is these and no others, in this order. `anything`: it may be
 * any host of the run, as nothing says where it comes from.
 */
export type Reach = {
  readonly hosts: readonly HostName[];
  readonly exact: boolean;
  readonly anything: boolean;
};

export const NOWHERE: Reach = { hosts: [], exact: true, anything: false };

export type Reaches = ReadonlyMap<string, Reach>;

/** What is known while a plan is walked: the names in scope, and the host sets that expressions were made from. */
export type ReachContext = {
  readonly names: Reaches;
  readonly order: readonly HostName[];
  readonly sets: ReadonlyMap<Expr, HostSet>;
};

export function reachOfSet(set: HostSet, context: ReachContext): Reach {
  let reach: Reach = NOWHERE;
  for (const term of set) {
    const of = 'hosts' in term.of ? only(term.of.hosts) : reachOfTerm(term.of, context);
    const theirs = new Set(of.hosts);
    if (term.op === 'add') {
      const both = new Set([...reach.hosts, ...of.hosts]);
      reach = {
        hosts: context.order.filter((name) => both.has(name)),
        exact: reach.exact && of.exact,
        anything: reach.anything || of.anything,
      };
    } else if (term.op === 'keep')
      reach = of.anything
        ? { ...reach, exact: false }
        : { ...reach, hosts: reach.hosts.filter((name) => theirs.has(name)), exact: reach.exact && of.exact };
    // What may be taken away need not be.
    else if (of.exact) reach = { ...reach, hosts: reach.hosts.filter((name) => !theirs.has(name)) };
    else reach = { ...reach, exact: false };
  }
  return reach;
}

function reachOfTerm(of: Extract<HostTerm['of'], { readonly expr: Expr }>, context: ReachContext): Reach {
  const reach = reachOfExpr(of.expr, context);
  if (of.index === undefined && of.slice === undefined) return reach;
  if (!reach.exact) return { ...reach, exact: false };
  if (of.index === undefined) return { ...reach, hosts: sliceOf(reach.hosts, of.slice) };
  const one = reach.hosts.at(of.index);
  return only(one === undefined ? [] : [one]);
}

/** Every host that the names in it may be, and hosts that stand in it by name. */
export function reachOfExpr(expr: Expr, context: ReachContext): Reach {
  const set = context.sets.get(expr);
  if (set !== undefined) return reachOfSet(set, context);
  const parsed = parseExpression(expr.cel);
  if (!parsed.ok) return { hosts: [], exact: false, anything: true };
  const lone = context.names.get(expr.cel);
  if (lone !== undefined) return lone;
  const named = new Set(context.order.filter((name) => expr.cel.includes(`"${name}"`)));
  let anything = false;
  for (const { name } of parsed.identifiers) {
    const reach = context.names.get(name);
    for (const host of reach?.hosts ?? []) named.add(host);
    anything ||= reach?.anything ?? false;
  }
  const hosts = context.order.filter((name) => named.has(name));
  return { hosts, exact: false, anything: anything || hosts.length === 0 };
}

function only(hosts: readonly HostName[]): Reach {
  return { hosts, exact: true, anything: false };
}
