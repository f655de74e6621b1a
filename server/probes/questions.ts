import { renderText } from '../../plan/expressions/template.ts';
import { secretsIn } from '../../plan/expressions/text.ts';
import type { HostName } from '../../plan/ids.ts';
import {
  isHostStep,
  type Plan,
  type RunStep,
  type Script,
  type Step,
  type Template,
} from '../../plan/plan.ts';
import { hostsIn, type Known, scopeOf, valueIn } from '../plans/known.ts';
import { knownAtStart, knownInside, learn, turnsOf } from '../plans/turns.ts';

/** Something that can be asked of a host before the run, because all that it needs is known. */
export type Question = {
  readonly path: string;
  readonly host: HostName;
  readonly of: 'done' | 'read';
  readonly script: Script;
  readonly env: { readonly [name: string]: string };
  readonly timeoutMs?: number;
};

/** A place of the walk, and whether a step before it changes something. */
type Place = { readonly known: Known; readonly before: { changed: boolean } };

/**
 * Stands for the run's id, which there is not yet: what a run keeps on a host under its id, it finds nothing of. No id
 * of a run has this form.
 */
const NO_RUN = { id: 'not-started' };

/**
 * The `done` scripts and the steps that only read whose hosts, conditions and environment depend on inputs and hosts alone.
 * What needs the outputs of an earlier step, or a secret, is left to the run; so is what only reads behind a change: it looks
 * at what the change will have done.
 */
export function questionsOf(plan: Plan): readonly Question[] {
  const unit = plan.units[plan.main];
  if (!unit) return [];
  return within({ known: knownAtStart(plan, unit), before: { changed: false } }, unit.steps);
}

function within(place: Place, steps: readonly Step[]): readonly Question[] {
  return steps.flatMap((step) => {
    const questions = ofStep(place, step);
    learn(place.known, step);
    return questions;
  });
}

function ofStep({ known, before }: Place, step: Step): readonly Question[] {
  const happens = step.when === undefined ? true : valueIn(known, step.when);
  if (happens === false) return [];
  // It may happen: what only reads behind it must not be taken for what it will find.
  if (happens !== true) {
    before.changed ||= changes(known, step);
    return [];
  }
  switch (step.kind) {
    case 'run':
      return ofRun({ known, before }, step);
    case 'group':
    case 'use': {
      const turns = turnsOf(known, step);
      if (!turns) before.changed ||= changes(known, step);
      return (turns ?? []).flatMap((turn) => inside({ known: turn, before }, step));
    }
    case 'http':
    case 'copy':
      before.changed ||= step.effect !== 'read';
      return [];
    case 'set':
    case 'check':
    case 'approve':
    case 'wait':
      return [];
    case 'manual':
      before.changed = true; // whatever somebody does there
      return [];
  }
}

function inside(
  { known, before }: Place,
  step: Extract<Step, { kind: 'group' | 'use' }>,
): readonly Question[] {
  if (step.kind === 'group') return within({ known, before }, step.steps);
  const unit = known.plan.units[step.unit];
  return unit ? within({ known: knownInside(known, step, unit), before }, unit.steps) : [];
}

/** Whether a step, or one in it, changes something. */
function changes(known: Known, step: Step): boolean {
  if (isHostStep(step)) return step.effect !== 'read';
  if (step.kind === 'manual') return true;
  if (step.kind !== 'group' && step.kind !== 'use') return false;
  const steps = step.kind === 'group' ? step.steps : (known.plan.units[step.unit]?.steps ?? []);
  return steps.some((one) => changes(known, one));
}

function ofRun({ known, before }: Place, step: RunStep): readonly Question[] {
  const asked = whatToAsk(before.changed, step);
  before.changed ||= step.effect !== 'read';
  if (!asked || step.sensitive) return [];
  return (hostsIn(known, step.on) ?? []).flatMap((host) => {
    const env = environment(known, step.env, host);
    if (!env) return [];
    const timeout = step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs };
    return [{ path: `${known.prefix}${step.id}`, host, env, ...asked, ...timeout }];
  });
}

function whatToAsk(changed: boolean, step: RunStep): Pick<Question, 'of' | 'script'> | undefined {
  // What is waited for may be there only once the run has begun; whether it is there now a plan can say.
  if (step.effect === 'read' && step.waits !== true)
    return changed ? undefined : { of: 'read', script: step.script };
  return step.done && { of: 'done', script: step.done.script };
}

function environment(
  known: Known,
  templates: { readonly [name: string]: Template },
  host: HostName,
): { readonly [name: string]: string } | undefined {
  const scope = scopeOf(known, host);
  const env: Record<string, string> = {};
  for (const [name, template] of Object.entries(templates)) {
    const text = renderText(template, (word) => (word === 'run' ? NO_RUN : scope(word)));
    if (!text.ok || secretsIn(text.value).length > 0) return undefined;
    env[name] = text.value;
  }
  return env;
}
