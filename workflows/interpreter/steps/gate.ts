import { HoldfastError } from '../../../plan/errors.ts';
import type { StepInstance } from '../../../plan/ids.ts';
import type { Actor, OperatorAsk } from '../../../plan/operator.ts';
import type { ApproveStep } from '../../../plan/plan.ts';
import { fitting } from '../card.ts';
import type { Frame } from '../frame.ts';
import type { Considered, Point } from '../point.ts';
import { scopeOf, text } from '../scope.ts';
import { shownOutputs } from '../shown.ts';
import { cancelled, engineEntry, type Walk } from '../walk.ts';

/** A gate at its place in the walk: it is asked when the walk comes to it, and again where a destroy step shall run once more. */
export type Gate = {
  readonly step: ApproveStep;
  readonly frame: Frame;
  readonly instance: StepInstance;
  readonly times: { asked: number };
};

type Answer = { readonly approved: true } | { readonly approved: false; readonly why: string };

/** For what a gate is asked: for itself, or once more for a step that shall destroy again. Told apart in every walk alike. */
export type Asking = { readonly instance: StepInstance; readonly ordinal: number };

/**
 * Asks, and waits for enough answers, a rejection, or its expiry.
 * @throws HoldfastError `gate/not-passed`: a gate that is not passed is a failed step. Stop when the run is aborted.
 */
export async function ask(
  walk: Walk,
  gate: Gate,
  { instance, ordinal }: Asking = { instance: gate.instance, ordinal: 1 },
): Promise<void> {
  gate.times.asked += 1;
  const { step, frame } = gate;
  const id = `${instance}/gate/${ordinal}`;
  const whole = shownOutputs(walk, frame, step.show);
  const data = {
    step: instance,
    ask: text(step.ask, scopeOf(walk, frame)),
    by: step.by,
    count: walk.input.identity === 'one_owner' ? 1 : step.count,
    expires: walk.port.now() + step.expiresMs,
    shown: fitting(whole, `holdfast show ${walk.input.run} -o json`),
    shownDigest: await walk.port.digest({ plan: walk.input.plan, asked: gate.times.asked, shown: whole }),
    round: gate.times.asked,
  };
  const opened = await walk.port.record(engineEntry(walk.input, 'gate.opened', id, data));
  const stored = opened.kind === 'gate.opened' ? opened.data : data;
  const answer = await answered(walk, gate, { id, step: instance }, stored);
  if (answer.approved) return frame.passed(gate);
  throw new HoldfastError('gate/not-passed', answer.why, 'Retry asks again; abort ends the run.');
}

async function answered(
  walk: Walk,
  gate: Gate,
  place: Pick<Point, 'id' | 'step'>,
  opened: { readonly count: number; readonly expires: number; readonly shownDigest: string },
): Promise<Answer> {
  const approvals = new Set<string>();
  const closed = new AbortController();
  try {
    const expired = walk.port.sleep(Math.max(0, opened.expires - walk.port.now()), closed.signal);
    const answer = await walk.desk.decision<Answer>(
      (decide) => ({
        ...place,
        waitsFor: 'approve or reject',
        offers: ['approve', 'reject'],
        consider: (asked) => consider(walk, gate, opened, approvals, asked),
        apply: ({ action, actor, reason }) => {
          if (action.kind === 'reject')
            return decide({
              approved: false,
              why: `Rejected by ${who(actor)}${reason ? `: ${reason}` : ''}.`,
            });
          approvals.add(who(actor));
          if (approvals.size >= opened.count) decide({ approved: true });
        },
      }),
      Promise.race([expired, walk.desk.whenAborted]),
    );
    if (answer) return answer;
    if (walk.desk.aborted.aborted) throw cancelled(walk);
    return { approved: false, why: 'Nobody answered before the gate expired.' };
  } finally {
    closed.abort();
  }
}

function consider(
  walk: Walk,
  gate: Gate,
  opened: { readonly count: number; readonly shownDigest: string },
  approvals: ReadonlySet<string>,
  { action, actor }: OperatorAsk,
): Considered {
  const mend = `holdfast show ${walk.input.run}`;
  if (action.kind === 'reject') return { ok: true, says: 'Rejected: the run is held there.' };
  if (action.kind !== 'approve')
    return { ok: false, why: `A gate can't take ${action.kind}.`, mend: 'It takes approve or reject.' };
  if (action.shown !== undefined && action.shown !== opened.shownDigest) {
    return { ok: false, why: 'What the gate shows has changed since you looked.', mend };
  }
  if (walk.input.identity === 'one_owner')
    return { ok: true, says: 'Approved by one person, no second pair of eyes.' };
  if (gate.step.by.length > 0 && !gate.step.by.includes(subject(actor)))
    return {
      ok: false,
      why: 'You are not one of those who may approve it.',
      mend: `Those are: ${gate.step.by.join(', ')}.`,
    };
  if (!gate.step.allowRequester && subject(actor) === walk.input.requestedBy) {
    return {
      ok: false,
      why: 'Who asked for the run does not approve it.',
      mend: 'Another approver must answer.',
    };
  }
  if (approvals.has(who(actor)))
    return { ok: false, why: 'You approved it already.', mend: 'Another approver must answer.' };
  return { ok: true, says: `Approved: ${approvals.size + 1} of ${opened.count}.` };
}

/** As `requestedBy` and `by` name people. */
export function subject(actor: Actor): string {
  if (actor.kind === 'person') return actor.subject;
  return actor.kind === 'engine' ? 'engine' : `${actor.kind} ${actor.name}`;
}

/** Tells people of several sign-ins apart. */
export function who(actor: Actor): string {
  return actor.kind === 'person' ? `${actor.subject} (${actor.issuer})` : subject(actor);
}
