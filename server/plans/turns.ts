import { hostFinder } from '../../language/plan/host-values.ts';
import { conform } from '../../plan/expressions/conversion.ts';
import { decodeMap, type HostFinder } from '../../plan/expressions/encoding.ts';
import { HostValue, isList, isMap, type Value } from '../../plan/expressions/values.ts';
import type { GroupStep, Plan, Step, Unit, UseStep } from '../../plan/plan.ts';
import { amongExpr, amongSet } from './among.ts';
import { type Among, hostNames, hostsIn, type Known, valueIn } from './known.ts';

/** At the start of the main unit: its inputs. */
export function knownAtStart(plan: Plan, unit: Unit): Known {
  const find = hostFinder(plan.hosts, unit.hostVars);
  const names = new Map(Object.entries(decodeMap(plan.inputs, find)));
  return { plan, unit, find, names, among: new Map(), prefix: '' };
}

/** One for each time that a group or a `use` happens; undefined where only the run finds out for what it does. */
export function turnsOf(known: Known, step: GroupStep | UseStep): readonly Known[] | undefined {
  const { loop } = step;
  const prefix = `${known.prefix}${step.id}`;
  if (!loop) return [{ ...known, prefix: `${prefix}/` }];
  const turn = (key: string, item: Value): Known => ({
    ...known,
    prefix: `${prefix}[${key}]/`,
    names: new Map([...known.names, [loop.as, item]]),
    among: new Map(known.among),
  });
  if (loop.over === 'hosts')
    return hostsIn(known, loop.on)?.flatMap((name) => {
      const host = known.find(name);
      return host ? [turn(name, host)] : [];
    });
  const list = valueIn(known, loop.list);
  return list !== undefined && isList(list) ? list.map((item, at) => turn(String(at), item)) : undefined;
}

/** What all turns of a loop have in common, where only the run finds out for what they are. */
export function anyTurn(known: Known, step: GroupStep | UseStep): Known {
  const { loop } = step;
  const turn = { ...known, names: new Map(known.names), among: new Map(known.among) };
  if (!loop) return turn;
  const item = loop.over === 'hosts' ? amongSet(known, loop.on) : amongExpr(known, loop.list);
  if (item) turn.among.set(loop.as, item);
  return turn;
}

/** At the start of the unit that a step uses: what of its inputs is known. */
export function knownInside(known: Known, step: UseStep, unit: Unit): Known {
  const find = hostFinder(known.plan.hosts, unit.hostVars);
  const names = new Map<string, Value>();
  const among = new Map<string, Among>();
  for (const [name, expr] of Object.entries(step.with)) {
    const value = valueIn(known, expr);
    const type = unit.inputs[name];
    if (value !== undefined) {
      const fits = type && value !== null ? conform(type, value, find) : undefined;
      if (!fits) names.set(name, seenBy(find, value));
      else if (fits.ok) names.set(name, seenBy(find, fits.value));
      continue;
    }
    const hosts = amongExpr(known, expr);
    if (hosts) among.set(name, hosts);
  }
  const inner = { ...known, unit, find, names, among };
  for (const [name, expr] of Object.entries(unit.defaults ?? {})) {
    if (step.with[name] !== undefined) continue;
    const value = valueIn(inner, expr);
    if (value !== undefined) names.set(name, value);
  }
  return inner;
}

/** What the steps behind this one know of it. */
export function learn(known: Known, step: Step): void {
  switch (step.kind) {
    case 'set':
      for (const [name, expr] of step.values) {
        const value = step.when === undefined ? valueIn(known, expr) : undefined;
        if (value !== undefined) known.names.set(name, value);
        else known.among.set(name, { hosts: amongExpr(known, expr)?.hosts ?? [], by: [step.id] });
      }
      return;
    case 'run':
    case 'http':
    case 'copy': {
      const hosts = hostsIn(known, step.on) ?? amongSet(known, step.on)?.hosts ?? [];
      known.among.set(step.id, { hosts, by: [step.id] });
      return;
    }
    case 'use': {
      const given = Object.values(step.with).flatMap((expr) => {
        const value = valueIn(known, expr);
        return (value === undefined ? amongExpr(known, expr)?.hosts : hostNames(value)) ?? [];
      });
      const hosts = known.plan.hosts.map(({ name }) => name).filter((name) => given.includes(name));
      known.among.set(step.id, { hosts, by: [step.id] });
      return;
    }
    case 'group':
    case 'check':
    case 'approve':
    case 'manual':
    case 'wait':
  }
}

/** The same hosts as another unit sees them: its `host_vars` are its own. */
function seenBy(find: HostFinder, value: Value): Value {
  if (value instanceof HostValue) return find(value.name) ?? value;
  if (isList(value)) return value.map((item) => seenBy(find, item));
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, seenBy(find, item)]));
  return value;
}
