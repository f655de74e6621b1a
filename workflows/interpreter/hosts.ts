import { HostValue, isList, type Value } from '../../plan/expressions/values.ts';
import { hostsOfSet, sliceOf } from '../../plan/host-sets.ts';
import type { HostName } from '../../plan/ids.ts';
import type { HostSet, HostTerm, MaxFailures, Serial } from '../../plan/plan.ts';
import { evaluated, type Scope, ValueError } from './scope.ts';
import type { Ground } from './walk.ts';

/** The hosts of a pattern, in inventory order, without those that take no part any more. */
export function resolveHosts(walk: Ground, set: HostSet, scope: Scope): readonly HostName[] {
  const order = walk.plan.hosts.map((host) => host.name);
  return hostsOfSet(set, order, (of) => termHosts(walk, of, scope)).filter((name) => !walk.dropped.has(name));
}

function termHosts(walk: Ground, of: HostTerm['of'], scope: Scope): readonly HostName[] {
  if ('hosts' in of) return of.hosts;
  const { expr, index, slice } = of;
  const names = hostNames(evaluated(expr, scope), expr.cel);
  for (const name of names) {
    if (!walk.hosts.has(name)) {
      throw new ValueError(
        'host/not-in-plan',
        `${expr.cel} is ${name}, which is not one of the plan's hosts.`,
        'A host chosen at run time must come out of the run’s own hosts.',
      );
    }
  }
  if (index === undefined) return sliceOf(names, slice);
  const picked = names.at(index);
  if (picked === undefined) {
    throw new ValueError(
      'host/no-such-index',
      `${expr.cel}[${index}]: there are ${names.length} hosts.`,
      'Name more hosts, or another index.',
    );
  }
  return [picked];
}

function hostNames(value: Value, source: string): readonly HostName[] {
  if (value instanceof HostValue) return [value.name];
  if (isList(value)) return value.flatMap((item) => hostNames(item, source));
  if (typeof value === 'string') return [value as HostName];
  throw new ValueError(
    'host/not-a-host',
    `${source} is neither a host nor a list of hosts.`,
    'Name an input of type host or hosts, or a step that chose one.',
  );
}

/** How many go at once: all of them unless `serial` says fewer. A percentage is rounded up: at least one host. */
export function batches<T>(items: readonly T[], serial: Serial | undefined): readonly (readonly T[])[] {
  if (items.length === 0) return [];
  const size = !serial
    ? items.length
    : 'hosts' in serial
      ? serial.hosts
      : Math.max(1, Math.ceil((items.length * serial.percent) / 100));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}

/** How many of these may fail. A percentage is rounded down: no more than it says. */
export function tolerated(count: number, most: MaxFailures | undefined): number {
  if (!most) return 0;
  return 'hosts' in most ? most.hosts : Math.floor((count * most.percent) / 100);
}
