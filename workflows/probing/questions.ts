import type { HostStep } from '../../plan/plan.ts';
import type { Question } from '../../plan/probes.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import { doneRound } from '../interpreter/steps/round-request.ts';

/** What can be asked about a step before the run; in words why nothing can. */
export type Askable =
  | { readonly ask: Question }
  /** It acts whatever is asked. */
  | { readonly ask: 'nothing'; readonly acts: true }
  | { readonly ask: 'nothing'; readonly acts: false; readonly why: string };

/** `changed`: the step before it that may change what it would find. */
export function askable(step: HostStep, changed: string | undefined): Askable {
  if (step.effect === 'read' && !(step.kind === 'run' && step.waits)) {
    if (changed === undefined) return { ask: 'read' };
    return { ask: 'nothing', acts: false, why: `it looks at what ${changed} will have done` };
  }
  return step.kind === 'copy' || step.done ? { ask: 'done' } : { ask: 'nothing', acts: true };
}

/** Why later steps know none of its outputs from an answer to a plan: those are not read, so that nothing of them is kept. */
export function whyHidden(step: HostStep): string | undefined {
  const hides = step.sensitive || Object.values(step.outputs).some((output) => output.sensitive);
  return hides && Object.keys(step.outputs).length > 0
    ? 'it is sensitive, which only a run may know'
    : undefined;
}

/** The question in place of the step: it is sent to be answered, and never to be done. */
export function asQuestion(step: HostStep, request: RoundRequest, ask: Question): RoundRequest | undefined {
  const told = whyHidden(step) === undefined ? request : { ...request, outputs: {}, sensitive: true };
  if (ask === 'done') {
    if (step.kind === 'copy') return { ...told, probe: 'done', effect: 'read' };
    const done = doneRound(step, told);
    return done && { ...done, probe: 'done' };
  }
  if (step.kind === 'run') return { ...told, probe: 'read', work: { kind: 'exec', script: step.script } };
  if (request.work.kind !== 'http') return undefined;
  const { done: _, ...work } = request.work;
  return { ...told, probe: 'read', work };
}
