import type { HostResult } from '../../plan/outcomes.ts';
import type { HostTask, RoundWork } from '../../plan/rounds.ts';
import { type Item, summed } from '../copy/items.ts';
import { isRight, look, type Seen } from '../copy/look.ts';
import { remoteOf } from '../copy/remote.ts';
import { connect } from './connect.ts';
import { itemsOf } from './copyItems.ts';
import { resultOf } from './jobResult.ts';
import { declaredOutputs, keepOutputs } from './outputs.ts';
import type { Round, TaskEnd } from './round.ts';

type CopyWork = Extract<RoundWork, { kind: 'copy' }>;
type Verdict = Parameters<typeof resultOf>[2];

/** As cmp(1) has it: what differs is an answer, and no fault. */
const DIFFERS = 1;
/** A sentence names so many files. */
const NAMED = 5;

/**
 * For a plan: whether a copy's files are in place already. It only reads, with the look that the copy itself begins with. Where
 * some are not, it has `failed` with `rc` 1 and says which; without `rc` it could not be compared, as in a run.
 */
export async function compareTask(round: Round, work: CopyWork, task: HostTask): Promise<TaskEnd> {
  const leave = await round.gate.enter();
  try {
    const startedAt = round.now();
    const verdict = await compared(round, work, task);
    const result: HostResult = resultOf(task, { startedAt, endedAt: round.now() }, verdict);
    return await round.recordEnded(task, result);
  } finally {
    leave();
  }
}

async function compared(round: Round, work: CopyWork, task: HostTask): Promise<Verdict & { rc?: number }> {
  const { copy } = task;
  const step = round.plan.copyStep(work.unit, work.id);
  if (copy === undefined || step === undefined)
    return { outcome: 'failed', reason: 'the plan does not say what is copied' };
  const { timeoutMs } = round.request;
  const late = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([late, round.call.letGo, round.call.stop]);
  const tooLate: Verdict = { outcome: 'timed_out', reason: `not compared within ${timeoutMs / 1000} s` };
  const listed = await itemsOf(round, step, copy, signal);
  if (late.aborted) return tooLate;
  if (!listed.ok) return { outcome: listed.transient ? 'unreachable' : 'failed', reason: listed.says };
  const connected = await connect(round, task, timeoutMs);
  if (late.aborted) return tooLate;
  if (!connected.ok) return { outcome: 'unreachable', reason: connected.failure.says };
  const looked = await look(remoteOf(connected.connection, signal, task.become), copy.to, listed.items);
  if (late.aborted) return tooLate;
  if (!looked.ok && 'failure' in looked) return { outcome: 'unreachable', reason: looked.failure.says };
  if (!looked.ok) return { outcome: 'failed', reason: round.redaction.text(looked.says) };
  const wrong = listed.items.flatMap((item, at) => {
    const seen = looked.seen[at];
    return seen === undefined || isRight(seen, item.sha256, item.mode, copy.owner) ? [] : [{ item, seen }];
  });
  const folder = wrong.find(({ seen }) => seen.is === 'folder');
  if (folder !== undefined)
    return {
      outcome: 'failed',
      reason: `${nameOf(folder.item, copy.to)} is a folder; a file does not replace it`,
    };
  if (wrong.length > 0) {
    const names = wrong.slice(0, NAMED).map((one) => `${nameOf(one.item, copy.to)} (${whatOf(one)})`);
    const rest = wrong.length > NAMED ? `, and ${wrong.length - NAMED} more` : '';
    const count = listed.items.length === 1 ? '' : `${wrong.length} of ${listed.items.length} files: `;
    return { outcome: 'failed', rc: DIFFERS, reason: `${count}${names.join(', ')}${rest}` };
  }
  const given = new Map(Object.entries(summed(listed.items)));
  const outputs = declaredOutputs(round.request.outputs, given, round.findHost);
  if (!outputs.ok) return { outcome: 'failed', reason: outputs.message };
  const { parts, secrets, budget } = round;
  const keeping = { ledger: parts.ledger, secrets, budget };
  return { outcome: 'succeeded', ...(await keepOutputs(outputs.values, round.request.outputs, keeping)) };
}

function nameOf(item: Item, target: string): string {
  return item.path === '' ? target : item.path;
}

function whatOf({ item, seen }: { readonly item: Item; readonly seen: Seen }): string {
  if (seen.is === 'nothing') return 'new';
  if (seen.sha256 !== item.sha256) return 'other contents';
  const mode = item.mode.toString(8);
  return Number.parseInt(seen.mode, 8) === item.mode
    ? `belongs to ${seen.owner[1]}`
    : `mode ${seen.mode}, not ${mode}`;
}
