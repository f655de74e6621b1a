import { secretsIn } from '../../plan/expressions/text.ts';
import type { HostStep } from '../../plan/plan.ts';
import type { Question } from '../../plan/probes.ts';
import type { HostTask, RoundRequest } from '../../plan/rounds.ts';
import { doneRound } from '../interpreter/steps/round-request.ts';

/** What can be asked about a step before the run; in words why nothing can. */
export type Askable =
  | { readonly ask: Question }
  /** It acts whatever is asked. */
  | { readonly ask: 'nothing'; readonly acts: true; readonly why?: string }
  | { readonly ask: 'nothing'; readonly acts: false; readonly why: string };

/** `changed`: the step before it that may change what it would find. */
export function askable(step: HostStep, changed: string | undefined): Askable {
  const hidden = whyHidden(step);
  const reads = step.effect === 'read' && !(step.kind === 'run' && step.waits);
  if (hidden !== undefined) return { ask: 'nothing', acts: !reads, why: hidden };
  if (reads) {
    if (changed === undefined) return { ask: 'read' };
    return { ask: 'nothing', acts: false, why: `it looks at what ${changed} will have done` };
  }
  if (step.kind === 'copy')
    return { ask: 'nothing', acts: true, why: 'what is there is compared when it runs' };
  return step.done ? { ask: 'done' } : { ask: 'nothing', acts: true };
}

/** What only a run is given, or may be shown. */
function whyHidden(step: HostStep): string | undefined {
  if (step.sensitive || Object.values(step.outputs).some((output) => output.sensitive))
    return 'what it says is sensitive';
  const become = step.kind === 'run' && (step.effect === 'read' ? step.become : step.done?.become);
  return become ? 'it runs as another user, which only a run does' : undefined;
}

/** The question in place of the step: it is sent to be answered, and never to be done. */
export function asQuestion(step: HostStep, request: RoundRequest, ask: Question): RoundRequest | undefined {
  if (ask === 'done') {
    const done = doneRound(step, request);
    return done && { ...done, probe: 'done' };
  }
  if (step.kind === 'run') return { ...request, probe: 'read', work: { kind: 'exec', script: step.script } };
  if (request.work.kind !== 'http') return undefined;
  const { done: _, ...work } = request.work;
  return { ...request, probe: 'read', work };
}

/** A secret goes to a host in a run only. */
export function needsSecret({
  env,
  tasks,
}: {
  readonly env: HostTask['env'];
  readonly tasks: readonly HostTask[];
}) {
  return [env, ...tasks].some((part) => hasSecret(part));
}

function hasSecret(part: unknown): boolean {
  // In a JSON body the marker stands as JSON writes it.
  if (typeof part === 'string') return secretsIn(part).length > 0 || part.includes('\\u0000secret:');
  return typeof part === 'object' && part !== null && Object.values(part).some(hasSecret);
}
