import { parseExpression } from '../../plan/expressions/parse.ts';
import { hostsOfSet } from '../../plan/host-sets.ts';
import type { Expr, HostSet } from '../../plan/plan.ts';
import { type Among, hostNames, type Known, termHosts } from './known.ts';

/** The hosts that a set may turn out to be; undefined where nothing says which they can be. */
export function amongSet(known: Known, set: HostSet): Among | undefined {
  const by = new Set<string>();
  const sure: HostSet[number][] = [];
  for (const term of set) {
    if (termHosts(known, term.of)) {
      sure.push(term);
      continue;
    }
    const among = 'hosts' in term.of ? undefined : amongExpr(known, term.of.expr);
    for (const step of among?.by ?? []) by.add(step);
    if (!among && term.op === 'add') return undefined;
    // What may be taken away need not be.
    if (among && term.op !== 'remove') sure.push({ op: term.op, of: { hosts: among.hosts } });
  }
  const order = known.plan.hosts.map(({ name }) => name);
  const hosts = hostsOfSet(sure, order, (of) => termHosts(known, of)) ?? [];
  return by.size === 0 || hosts.length === 0 ? undefined : { hosts, by: [...by] };
}

/** Every host that the names in it may be; undefined where none of them is chosen when it runs. */
export function amongExpr(known: Known, expr: Expr): Among | undefined {
  const parsed = parseExpression(expr.cel);
  if (!parsed.ok) return undefined;
  const by = new Set<string>();
  const hosts = new Set<string>();
  for (const { name } of parsed.identifiers) {
    const value = known.names.get(name);
    const among = known.among.get(name);
    for (const host of among?.hosts ?? (value === undefined ? [] : (hostNames(value) ?? []))) hosts.add(host);
    for (const step of among?.by ?? []) by.add(step);
  }
  if (by.size === 0 || hosts.size === 0) return undefined;
  return { hosts: known.plan.hosts.map(({ name }) => name).filter((name) => hosts.has(name)), by: [...by] };
}
