import { HoldfastError } from '../../../plan/errors.ts';
import type { OperatorAsk } from '../../../plan/operator.ts';
import type { ManualStep } from '../../../plan/plan.ts';
import { fitting } from '../card.ts';
import type { Frame } from '../frame.ts';
import type { Considered } from '../point.ts';
import { scopeOf, text } from '../scope.ts';
import { shownOutputs } from '../shown.ts';
import type { StepState } from '../step-state.ts';
import { cancelled, engineEntry, type Walk } from '../walk.ts';
import { subject, who } from './gate.ts';

type Answer = { readonly done: true } | { readonly done: false; readonly why: string };

/**
 * Asks a person to do something by hand, and waits for their word that it is done.
 * @throws HoldfastError `manual/not-done`: rejected or expired it is a failed step. Stop when the run is aborted.
 */
export async function byHand(walk: Walk, frame: Frame, step: ManualStep, state: StepState): Promise<void> {
  const { instance } = state;
  const id = `${instance}/gate/1`;
  const whole = shownOutputs(walk, frame, step.show);
  const data = {
    step: instance,
    ask: text(step.task, scopeOf(walk, frame)),
    by: step.by,
    count: 1,
    expires: walk.port.now() + step.expiresMs,
    shown: fitting(whole, `holdfast show ${walk.input.run} -o json`),
    shownDigest: await walk.port.digest({ plan: walk.input.plan, step: instance, shown: whole }),
    round: 1,
    manual: true,
  } as const;
  const opened = await walk.port.record(engineEntry(walk.input, 'gate.opened', id, data));
  const { expires } = opened.kind === 'gate.opened' ? opened.data : data;
  const closed = new AbortController();
  try {
    const expired = walk.port.sleep(Math.max(0, expires - walk.port.now()), closed.signal);
    const answer = await walk.desk.decision<Answer>(
      (decide) => ({
        id,
        step: instance,
        waitsFor: 'confirm or reject',
        offers: ['confirm', 'reject'],
        consider: (asked) => consider(walk, step, asked),
        apply: ({ action, actor, reason }) =>
          decide(
            action.kind === 'confirm'
              ? { done: true }
              : { done: false, why: `Not done, says ${who(actor)}${reason ? `: ${reason}` : ''}.` },
          ),
      }),
      Promise.race([expired, walk.desk.whenAborted]),
    );
    if (answer?.done) return;
    if (!answer && walk.desk.aborted.aborted) throw cancelled(walk);
    throw new HoldfastError(
      'manual/not-done',
      answer?.why ?? 'Nobody confirmed it before it expired.',
      'Retry asks again; skip goes on without it.',
    );
  } finally {
    closed.abort();
  }
}

function consider(walk: Walk, step: ManualStep, { action, actor }: OperatorAsk): Considered {
  if (action.kind === 'reject') return { ok: true, says: 'Not done: the step has failed.' };
  if (action.kind !== 'confirm')
    return {
      ok: false,
      why: `What is done by hand can't take ${action.kind}.`,
      mend: 'It takes confirm or reject.',
    };
  const bound = walk.input.identity === 'shared' && step.by.length > 0;
  if (bound && !step.by.includes(subject(actor)))
    return {
      ok: false,
      why: 'You are not one of those who may confirm it.',
      mend: `Those are: ${step.by.join(', ')}.`,
    };
  return { ok: true, says: 'Confirmed: it is done.' };
}
