import { type HostName, staticPath } from '../../plan/ids.ts';
import type { Expectation } from '../../plan/probes.ts';
import type { ExpectationView } from '../api/plans.ts';

/** The host's name; undefined for what happens once, from the worker: no inventory names a host so. */
export function shownHost(host: HostName): string | undefined {
  return host === '@worker' ? undefined : host;
}

/** What is expected of each step, by its place in the file: alike in several turns of a loop, or on several hosts, it stands once. */
export function expectationsByStep(
  all: readonly Expectation[],
  order: readonly HostName[],
): ReadonlyMap<string, readonly ExpectationView[]> {
  const steps = Map.groupBy(all, ({ step }) => staticPath(step));
  return new Map(
    [...steps].map(([path, own]) => {
      const alike = Map.groupBy(own, ({ what, says, about, behind, values }) =>
        JSON.stringify([what, says, about, behind === undefined ? '' : staticPath(behind), values]),
      );
      return [path, [...alike.values()].flatMap((some) => merged(some, order))] as const;
    }),
  );
}

function merged(alike: readonly Expectation[], order: readonly HostName[]): readonly ExpectationView[] {
  const [first] = alike;
  if (!first) return [];
  const on = new Set(alike.flatMap(({ hosts }) => hosts));
  const turns = [...new Set(alike.flatMap(({ step }) => turnOf(step) ?? []))];
  const { what, says, about, behind, values } = first;
  return [
    {
      what,
      hosts: order.filter((host) => on.has(host)),
      ...(says === undefined ? {} : { says }),
      ...(about === undefined ? {} : { about }),
      ...(behind === undefined ? {} : { behind: staticPath(behind) }),
      ...(values === undefined ? {} : { values }),
      ...(turns.length === 0 ? {} : { turns }),
    },
  ];
}

/** `join[etcd01]` of `join[etcd01]/look`. */
function turnOf(step: string): string | undefined {
  const end = step.lastIndexOf(']');
  return end < 0 ? undefined : step.slice(0, end + 1);
}
