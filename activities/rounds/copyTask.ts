import type { HostResult } from '../../plan/outcomes.ts';
import type { HostTask, RoundWork } from '../../plan/rounds.ts';
import { type Copied, copyTo } from '../copy/copyTo.ts';
import { summed } from '../copy/items.ts';
import { itemsOf, modes } from './copyItems.ts';
import { resultOf } from './jobResult.ts';
import { attemptStartedKey } from './keys.ts';
import { declaredOutputs, keepOutputs } from './outputs.ts';
import type { Round, TaskEnd } from './round.ts';

type CopyWork = Extract<RoundWork, { kind: 'copy' }>;

/** Copies that go on in this process: a call whose time is up leaves its copy to the next one. */
export class Copies {
  readonly #underWay = new Map<string, Copying>();

  /** The one that is under way for this attempt, or a new one. */
  of(key: string, begin: (stop: AbortSignal) => Promise<HostResult>): Copying {
    const already = this.#underWay.get(key);
    if (already !== undefined) return already;
    const stop = new AbortController();
    const end = begin(stop.signal).finally(() => this.#underWay.delete(key));
    // Whoever waits hears of its failure; nobody may be waiting just then.
    end.catch(() => {});
    const copying = { end, stop: () => stop.abort() };
    this.#underWay.set(key, copying);
    return copying;
  }

  stopped(key: string): Copying | undefined {
    const already = this.#underWay.get(key);
    already?.stop();
    return already;
  }
}

type Copying = { readonly end: Promise<HostResult>; readonly stop: () => void };

/**
 * A copy to one host. It has no job and needs none: whoever comes to it copies what is not there yet. When this call's time is
 * up the copy goes on, and the next call waits for it.
 */
export async function copyTask(
  round: Round,
  copies: Copies,
  work: CopyWork,
  task: HostTask,
  cancel: boolean,
): Promise<TaskEnd> {
  const { run, step } = round.request;
  const key = attemptStartedKey(run, step, task.host, task.generation);
  if (cancel) {
    await copies.stopped(key)?.end;
    return round.recordEnded(task, stoppedNow(round, task));
  }
  const copying = copies.of(key, (stop) => toItsEnd(round, work, task, stop));
  const over = new AbortController();
  const stop = () => copying.stop();
  round.call.stop.addEventListener('abort', stop, { once: true });
  try {
    const left = Math.max(0, round.until - round.now());
    const sooner = AbortSignal.any([round.call.letGo, over.signal]);
    const timeOf = round.parts.clock.sleep(left, sooner).then(() => 'running' as const);
    return await Promise.race([copying.end, timeOf]);
  } finally {
    over.abort();
    round.call.stop.removeEventListener('abort', stop);
  }
}

async function toItsEnd(
  round: Round,
  work: CopyWork,
  task: HostTask,
  stop: AbortSignal,
): Promise<HostResult> {
  const leave = await round.gate.enter();
  try {
    await round.recordStarted(task, {});
    const startedAt = round.now();
    const verdict = await verdictOf(round, work, task, stop);
    return await round.recordEnded(task, resultOf(task, { startedAt, endedAt: round.now() }, verdict));
  } finally {
    leave();
  }
}

type Verdict = Parameters<typeof resultOf>[2];

async function verdictOf(round: Round, work: CopyWork, task: HostTask, stop: AbortSignal): Promise<Verdict> {
  const { copy } = task;
  const step = round.plan.copyStep(work.unit, work.id);
  const host = round.host(task);
  if (copy === undefined || step === undefined || host === undefined)
    return { outcome: 'failed', reason: 'the plan does not say what is copied' };
  const limit = AbortSignal.timeout(round.request.timeoutMs);
  const signal = AbortSignal.any([stop, limit]);
  const listed = await itemsOf(round, step, copy, signal);
  if (!listed.ok) {
    const { says, transient } = listed;
    return {
      outcome: transient ? 'unreachable' : 'failed',
      reason: says,
      ...(transient ? { transient } : {}),
    };
  }
  const { items } = listed;
  const copied = await copyTo({
    target: copy.to,
    items,
    ...(copy.owner === undefined ? {} : { owner: copy.owner }),
    folderMode: folderMode(step.mode ?? modes.executable),
    ...(task.become === undefined ? {} : { as: task.become }),
    connect: () => round.parts.pool.connect(host, signal),
    mayPlace: async () => !signal.aborted && (await round.endedNow(task)) === undefined,
    signal,
  });
  if (copied.kind === 'copied' || copied.kind === 'unchanged') {
    const given = new Map(Object.entries(summed(items)));
    const outputs = declaredOutputs(round.request.outputs, given, round.findHost);
    if (!outputs.ok) return { outcome: 'failed', reason: outputs.message };
    const { secrets, budget } = round;
    const kept = await keepOutputs(outputs.values, round.request.outputs, {
      ledger: round.parts.ledger,
      secrets,
      budget,
    });
    return { outcome: copied.kind === 'unchanged' ? 'unchanged' : 'succeeded', ...kept };
  }
  return endedBadly(round, copied, limit.aborted && !stop.aborted);
}

function endedBadly(
  round: Round,
  copied: Exclude<Copied, { kind: 'copied' | 'unchanged' }>,
  late: boolean,
): Verdict {
  if (late)
    return {
      outcome: 'timed_out',
      reason: `stopped after ${round.request.timeoutMs / 1000} s; what has arrived is taken up by a retry`,
    };
  switch (copied.kind) {
    case 'failed':
      return { outcome: 'failed', reason: copied.says };
    case 'unreachable':
      return {
        outcome: 'unreachable',
        reason: copied.says,
        ...(copied.transient ? { transient: true } : {}),
      };
    case 'stopped':
      return { outcome: 'cancelled', reason: STOPPED };
  }
}

const STOPPED = 'stopped as asked; what stood there is as it was';

function stoppedNow(round: Round, task: HostTask): HostResult {
  const now = round.now();
  return resultOf(task, { startedAt: now, endedAt: now }, { outcome: 'cancelled', reason: STOPPED });
}

/** Who may read a file of a folder may enter it. */
function folderMode(mode: number): number {
  return mode | 0o700 | ((mode & 0o444) >> 2);
}
