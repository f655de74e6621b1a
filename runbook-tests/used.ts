import type { Json } from '../plan/json.ts';
import type { Plan, Step, Unit } from '../plan/plan.ts';
import type { Mocks } from './mocks.ts';

/** The plan with the `use` steps that are mocked as a whole using a unit that does nothing and gives what the test says. */
export function withUsed(plan: Plan, used: Mocks['used']): Plan {
  if (used.size === 0) return plan;
  const units: { [name: string]: Unit } = { ...plan.units };
  const main = units[plan.main];
  if (!main) return plan;
  units[plan.main] = { ...main, steps: replaced(main.steps, '') };
  return { ...plan, units };

  function replaced(steps: readonly Step[], prefix: string): readonly Step[] {
    return steps.map((step) => {
      const path = `${prefix}${step.id}`;
      if (step.kind === 'group') return { ...step, steps: replaced(step.steps, `${path}/`) };
      if (step.kind !== 'use' || ![...used.keys()].some((one) => one === path || one.startsWith(`${path}/`)))
        return step;
      const unit = plan.units[step.unit];
      if (!unit) return step;
      // A place of its own: the same runbook used elsewhere is walked there.
      const name = `${step.unit} at ${path}`;
      const outputs = used.get(path);
      units[name] = outputs
        ? { ...unit, steps: [], outputs: literals(outputs) }
        : { ...unit, steps: replaced(unit.steps, `${path}/`) };
      return { ...step, unit: name };
    });
  }
}

/** JSON is CEL as well. What the test does not give is not there, and says so where it is read. */
function literals(outputs: { readonly [name: string]: Json }): Unit['outputs'] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [name, { cel: JSON.stringify(value) }]),
  );
}
