import { HoldfastError } from '../../../plan/errors.ts';
import { HostValue, isList, type ValueMap } from '../../../plan/expressions/values.ts';
import { stepInstance } from '../../../plan/ids.ts';
import type { Loop, MaxFailures } from '../../../plan/plan.ts';
import type { Frame } from '../frame.ts';
import { batches, resolveHosts, tolerated } from '../hosts.ts';
import { type Iteration, Turns } from '../loop-turns.ts';
import { evaluated, hostIn, scopeOf } from '../scope.ts';
import type { StepState } from '../step-state.ts';
import { titleOf } from '../title.ts';
import { type Ground, HostOut, note, Stop, type Walk } from '../walk.ts';

/**
 * One body for each item; what each gives becomes a row of the step. Where more hosts failed than may, a later take goes on
 * from there: with those whom a person gives another turn, then with those who had none.
 */
export async function looped(
  walk: Walk,
  frame: Frame,
  loop: Loop,
  state: StepState,
  body: (inner: Frame) => Promise<ValueMap>,
): Promise<void> {
  const most = loop.over === 'hosts' ? loop.maxFailures : undefined;
  const turns = state.turns ?? new Turns(iterations(walk, frame, loop));
  state.turns = undefined;
  const batch = async (items: readonly Iteration[]) => {
    const alone = items.length === 1;
    const beside = frame.trail.branch(!alone);
    const begun = items.map(({ key, item }) => {
      const host = item instanceof HostValue ? item.name : undefined;
      const step = stepInstance(`${state.instance}[${key}]`);
      const inner = frame.iteration(`${step}/`, alone, host, beside, most !== undefined);
      inner.bind(loop.as, item);
      return { key, item, host, step, inner };
    });
    const made = begun.map(({ key, item, host, step, inner }) => async (): Promise<void> => {
      note(walk, 'step.started', step, { step, title: titleOf(state.step, scopeOf(walk, inner)), hosts: [] });
      try {
        const row = await body(inner);
        note(walk, 'step.ended', step, { step, outcome: 'succeeded', hosts: {} });
        // Its end is recorded when it comes: what goes on beside it may take hours.
        if (!alone) await walk.port.flush();
        turns.good(key, { ...row, [loop.as]: item, ...(loop.over === 'hosts' ? { host: item } : {}) });
      } catch (error) {
        if (!(error instanceof HostOut) || error.host !== host) throw error;
        const why = walk.dropped.get(host) ?? error.message;
        note(walk, 'step.ended', step, { step, outcome: 'failed', hosts: {}, why });
        turns.bad(host, step);
      }
    });
    try {
      await together(made);
    } finally {
      frame.joined(begun.map(({ inner }) => inner));
    }
  };
  for (const items of turns.again()) await batch(items);
  stopBeyond(walk, state, turns, most);
  for (const items of turns.notBegun()) {
    await batch(items);
    stopBeyond(walk, state, turns, most);
  }
  state.rows = turns.rows;
}

/** No further batch begins once more hosts have failed than may. */
function stopBeyond(walk: Walk, state: StepState, turns: Turns, most: MaxFailures | undefined): void {
  if (!most) return;
  const may = tolerated(turns.size, most);
  const trouble = turns.trouble(walk);
  if (trouble.length <= may) return;
  state.turns = turns;
  const failed = trouble.map(({ host, reason }) => `${host} (${reason})`);
  throw new HoldfastError(
    'loop/failures',
    `${trouble.length} hosts failed, and at most ${may} may: ${failed.join('; ')}.`,
    'Retry gives these another turn, skip goes on without them; then come those that had none.',
  );
}

/** What it happens for, in the batches that go on at once. */
export function iterations(walk: Ground, frame: Frame, loop: Loop): readonly (readonly Iteration[])[] {
  const scope = scopeOf(walk, frame);
  if (loop.over === 'hosts') {
    const hosts = resolveHosts(walk, loop.on, scope).map((name) => ({
      key: name,
      item: hostIn(walk, frame.unit, name),
    }));
    return batches(hosts, loop.serial);
  }
  const list = evaluated(loop.list, scope);
  if (!isList(list))
    throw new HoldfastError('loop/not-a-list', `${loop.list.cel} is not a list.`, 'for_each takes a list.');
  const items = list.map((item, at) => ({ key: String(at), item }));
  return loop.parallel ? [items] : batches(items, { hosts: 1 });
}

/**
 * All at once. What stops one does not cut the others off: each comes to its end or to its own hold first. Of several
 * errors the one that reaches furthest is thrown, so that what ends the run is not taken for what a person may retry.
 */
export async function together<T>(work: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(work.map((one) => one()));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw errors.toSorted((a, b) => reach(b) - reach(a))[0];
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

function reach(error: unknown): number {
  if (error instanceof HoldfastError) return 0;
  if (error instanceof HostOut) return 1;
  if (!(error instanceof Stop)) return 4;
  return error.rollback ? 3 : 2;
}
