import { HoldfastError } from '../../plan/errors.ts';
import { decode, type HostFinder } from '../../plan/expressions/encoding.ts';
import { renderTemplate } from '../../plan/expressions/template.ts';
import { HostValue, type Value } from '../../plan/expressions/values.ts';
import { HOST_FIELDS, hostField } from '../../plan/host-fields.ts';
import type { PlanHost, Unit } from '../../plan/plan.ts';

/** Finds hosts as expressions see them while compiling: what the inventory says, else the runbook's `host_vars`. */
export function hostFinder(hosts: readonly PlanHost[], hostVars: Unit['hostVars']): HostFinder {
  const templates = new Map(hostVars);
  const known = new Map(hosts.map((host) => [String(host.name), host]));
  const made = new Map<string, HostValue>();
  return find;

  function find(name: string): HostValue | undefined {
    const host = known.get(name);
    if (host === undefined) return undefined;
    const before = made.get(name);
    if (before !== undefined) return before;
    const value: HostValue = new HostValue(
      host.name,
      (field) => read(host, value, field),
      () => [...HOST_FIELDS, ...Object.keys(host.vars), ...templates.keys()],
    );
    made.set(name, value);
    return value;
  }

  function read(host: PlanHost, value: HostValue, field: string): Value | undefined {
    if (field === 'home' && host.home === undefined) {
      throw new HoldfastError(
        'host/home-unknown',
        `The home folder of ${host.name} is not known yet.`,
        'Say holdfast_home in the inventory, or use it in steps only.',
      );
    }
    const known = hostField(host, field);
    if (known !== undefined) return known;
    const said = Object.hasOwn(host.vars, field) ? host.vars[field] : undefined;
    if (said !== undefined) return decode(said, find);
    const template = templates.get(field);
    if (template === undefined) return undefined;
    const rendered = renderTemplate(template, (name) => (name === 'host' ? value : undefined));
    if (rendered.ok) return rendered.value;
    throw new HoldfastError(
      'host/variable',
      `${field} of ${host.name}: ${rendered.message}`,
      'Correct host_vars.',
    );
  }
}
