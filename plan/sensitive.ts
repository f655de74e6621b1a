import type { OutputSpec } from './plan.ts';
import type { Type } from './types.ts';

type Outputs = { readonly [name: string]: OutputSpec };

/** Whether some output is sealed: it is sealed where it is read, and stands in no plan, history or record. */
export function sealsOutputs(outputs: Outputs): boolean {
  return Object.values(outputs).some((output) => output.sensitive === true);
}

/** As what a person gives an output in its place: a sensitive one by where it is found, as what is given is recorded. */
export function givenType({ type, sensitive }: OutputSpec): Type {
  return sensitive === true ? { kind: 'secret' } : type;
}

/**
 * What may be kept of what a step prints, or is answered. `all`: as it comes. `masked`: once its sealed outputs are known, without
 * them. `nothing`: the step says of itself that it is sensitive.
 */
export type Keeps = 'all' | 'masked' | 'nothing';

export function keepsOf(step: { readonly sensitive: boolean; readonly outputs: Outputs }): Keeps {
  if (step.sensitive) return 'nothing';
  return sealsOutputs(step.outputs) ? 'masked' : 'all';
}
