import type { HostName } from './ids.ts';
import type { HostSet, HostSlice, HostTerm } from './plan.ts';

/**
 * The hosts of a pattern, in the order of `order`; what is not in it is left out. `named` says which hosts a term names,
 * or undefined where that is not known: then the whole is not known. What `named` throws passes through.
 */
export function hostsOfSet<Named extends readonly string[] | undefined>(
  set: HostSet,
  order: readonly HostName[],
  named: (term: HostTerm['of']) => Named,
): readonly HostName[] | Extract<Named, undefined>;
export function hostsOfSet(
  set: HostSet,
  order: readonly HostName[],
  named: (term: HostTerm['of']) => readonly string[] | undefined,
): readonly HostName[] | undefined {
  let chosen = new Set<string>();
  for (const { op, of } of set) {
    const names = named(of);
    if (!names) return undefined;
    const these = new Set(names);
    switch (op) {
      case 'add':
        chosen = chosen.union(these);
        break;
      case 'remove':
        chosen = chosen.difference(these);
        break;
      case 'keep':
        chosen = chosen.intersection(these);
        break;
    }
  }
  return order.filter((name) => chosen.has(name));
}

/** Those from one to another, both included, as Ansible counts; what is not there is left out. */
export function sliceOf<T>(all: readonly T[], slice: HostSlice | undefined): readonly T[] {
  if (slice === undefined) return all;
  const { from, to } = slice;
  return all.slice(from, to === undefined || to === -1 ? undefined : to + 1);
}
