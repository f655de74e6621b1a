import { HoldfastError } from '../../../plan/errors.ts';
import type { WaitStep } from '../../../plan/plan.ts';
import type { Frame } from '../frame.ts';
import { evaluated, type Scope, scopeOf } from '../scope.ts';
import type { StepState } from '../step-state.ts';
import { cancelled, engineEntry, isStopping, type Walk } from '../walk.ts';

const LONGEST_MS = 366 * 86_400_000;

/** Until its time is over, or a person says that it need not wait. Its end is recorded at its beginning: a walk that comes here again waits for what is left. */
export async function waitFor(walk: Walk, frame: Frame, step: WaitStep, state: StepState): Promise<void> {
  const { instance } = state;
  const data = { step: instance, until: walk.port.now() + timeOf(step, scopeOf(walk, frame)) };
  const entry = await walk.port.record(engineEntry(walk.input, 'wait.started', instance, data));
  const { until } = entry.kind === 'wait.started' ? entry.data : data;
  const over = new AbortController();
  try {
    // A timer in any case: the clock of a workflow task that was lost is another one when its history is replayed.
    const time = walk.port.sleep(Math.max(0, until - walk.port.now()), over.signal);
    const skipped = await walk.desk.decision<true>(
      (decide) => ({
        id: `${instance}/wait/1`,
        step: instance,
        waitsFor: 'its time, or skip',
        offers: ['skip'],
        consider: () => ({ ok: true, says: 'It waits no longer.' }),
        apply: () => decide(true),
      }),
      Promise.race([time, walk.desk.whenAborted]),
    );
    if (skipped) state.outcome = 'skipped';
    else if (isStopping(walk)) throw cancelled(walk);
  } finally {
    over.abort();
  }
}

function timeOf({ time }: WaitStep, scope: Scope): number {
  if (typeof time === 'number') return time;
  const ms = Number(evaluated(time, scope));
  if (Number.isInteger(ms) && ms >= 0 && ms <= LONGEST_MS) return ms;
  throw new HoldfastError(
    'wait/time',
    `${time.cel} is no time to wait.`,
    'Give a duration: an input of that type, or milliseconds, of a year at most.',
  );
}
