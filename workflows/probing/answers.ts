import type { HostResult } from '../../plan/outcomes.ts';
import type { Question } from '../../plan/probes.ts';
import { tookPlace } from '../interpreter/step-state.ts';
import { onFailureOf } from '../interpreter/steps/policy.ts';
import type { Outlook } from './outlook.ts';
import { whyHidden } from './questions.ts';

/** What an answer to a question means for the step on that host, and for what comes after it. */
export function answered(outlook: Outlook, result: HostResult, question: Question): void {
  const { host, outcome, reason = '' } = result;
  if (outcome === 'unreachable' || outcome === 'timed_out' || outcome === 'cancelled') {
    silent(outlook, result);
    outlook.unknown([host], reason);
    if (question === 'done') outlook.changes();
    return;
  }
  if (question === 'read') readAnswered(outlook, result);
  else if (!tookPlace(outcome) && result.rc === undefined) unasked(outlook, result);
  else doneAnswered(outlook, result);
  const hidden = whyHidden(outlook.step);
  if (hidden !== undefined && !outlook.later.has(host)) outlook.later.set(host, hidden);
}

/**
 * A host that does not answer is not asked again. Of a copy it may be another host that does not, or its files are large; of a
 * request it is more likely the service.
 */
function silent({ walk, step }: Outlook, { host, outcome, reason = '' }: HostResult): void {
  if (step.kind === 'http') return;
  const itself = step.kind !== 'copy' || (outcome === 'unreachable' && step.from.kind !== 'host');
  if (outcome !== 'cancelled' && itself) walk.silent.set(host, reason);
}

/** The question itself could not be put: sudo refused it, a secret is not there, a file can't be read. So it would be in the run. */
function unasked(outlook: Outlook, { host, reason = '' }: HostResult): void {
  // A run sends the request where its `done` has no answer.
  if (outlook.step.kind === 'http') outlook.unknown([host], reason);
  else if (outlook.behind === undefined) outlook.stops(host, reason);
  else outlook.unknown([host], `as things are before ${outlook.behind}: ${reason}`);
  outlook.changes();
}

function doneAnswered(outlook: Outlook, result: HostResult): void {
  const { state, step, behind: changed } = outlook;
  const { host, reason = '' } = result;
  const holds = tookPlace(result.outcome);
  if (holds && changed === undefined) state.results.set(host, { ...result, outcome: 'unchanged' });
  else outlook.later.set(host, holds ? `${changed} comes before it` : `${state.instance} has not run`);
  const waits = step.kind === 'run' && step.waits === true;
  const what = holds ? 'done' : waits ? 'unknown' : 'would_change';
  const undone = step.kind === 'copy' ? reason : `not done yet: ${reason}`;
  outlook.walk.report.expect(
    {
      step: state.instance,
      what,
      ...(holds ? {} : { says: waits ? `it would wait: ${reason}` : undone }),
      ...(changed === undefined ? {} : { behind: changed }),
    },
    [host],
  );
  if (!holds) outlook.changes();
}

function readAnswered(outlook: Outlook, { host, outcome, reason = '' }: HostResult): void {
  const { walk, step, state, place } = outlook;
  if (tookPlace(outcome)) {
    walk.report.expect({ step: state.instance, what: 'answers' }, [host]);
    return;
  }
  if (step.mayFail) {
    walk.report.expect({ step: state.instance, what: 'answers', says: `it fails, as it may: ${reason}` }, [
      host,
    ]);
    return;
  }
  if (step.any) {
    outlook.later.set(host, reason);
    walk.report.expect({ step: state.instance, what: 'answers', says: `it fails: ${reason}` }, [host]);
    return;
  }
  if (step.retry) {
    outlook.unknown([host], `it fails now, and is tried again when it runs: ${reason}`);
    return;
  }
  outlook.stops(host, reason);
  if (onFailureOf(walk, place.frame, step) !== 'continue') return;
  // In the run it takes no part any more, and the others go on.
  outlook.later.delete(host);
  walk.dropped.set(host, reason);
}
