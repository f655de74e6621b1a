import { randomUUID } from 'node:crypto';
import { askEndKey, WAY_BACK } from '../../ledger/keys.ts';
import type { OpenLedger } from '../../ledger/open.ts';
import type { RunSummary } from '../../ledger/projections/run-summary.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { RunId } from '../../plan/ids.ts';
import type { Actor, OperatorAction, OperatorAnswer, OperatorAsk } from '../../plan/operator.ts';
import type { AskView } from '../api/operator.ts';
import type { Engine } from '../engine/engine.ts';
import { RequestError } from '../problem/requestError.ts';
import type { Interrupted } from '../runs/interrupted.ts';
import type { RunRecords } from '../runs/records.ts';
import type { Starter } from '../runs/starter.ts';
import { refuseClearOutputs } from './clearOutputs.ts';
import type { Outbox } from './outbox.ts';

/** What answers a gate or a hold. */
const ANSWERS: ReadonlySet<OperatorAction['kind']> = new Set([
  'approve',
  'reject',
  'confirm',
  'retry',
  'skip',
  'resolve',
]);
/** An ask that nobody took by then expires: an abort must not strike tomorrow. */
const EXPIRES_MS = 600_000;
/** How long a person waits for the run's own answer. */
const WAIT_MS = 5_000;

export type Operated =
  | {
      readonly kind: 'taken';
      readonly ask: string;
      readonly answer: Extract<OperatorAnswer, { taken: true }>;
    }
  | { readonly kind: 'pending'; readonly ask: string; readonly expires: number };

export type OperatorService = {
  /** Throws `run/refused` (409) with the run's reason, `output/sensitive` (400) for a sensitive output in clear. */
  operate(run: RunId, request: OperatorRequest): Promise<Operated>;
  /** What became of an ask. Throws `ask/unknown`. */
  ask(id: string): Promise<AskView>;
};

export type OperatorRequest = {
  readonly action: OperatorAction;
  readonly reason: string;
  readonly actor: Actor;
  readonly idempotencyKey?: string;
};

type Parts = {
  readonly ledger: OpenLedger;
  readonly engine: Engine;
  readonly outbox: Outbox;
  readonly records: RunRecords;
  readonly starter: Starter;
  readonly interrupted: Interrupted;
  readonly clock: () => number;
  readonly waitMs?: number;
};

export function createOperatorService(parts: Parts): OperatorService {
  const { ledger, outbox, records, clock, waitMs = WAIT_MS } = parts;
  return {
    async operate(run, request) {
      const { action, reason, actor } = request;
      await refuseClear(run, action);
      const ask: OperatorAsk = { ask: request.idempotencyKey ?? randomUUID(), action, reason, actor };
      const expires = clock() + EXPIRES_MS;
      const answer =
        (action.kind === 'resume' || action.kind === 'abort') && (await isInterrupted(parts, run))
          ? await goOnFromLedger(parts, run, ask, expires)
          : await outbox.submit(run, ask, expires, waitMs);
      if (!answer) return { kind: 'pending', ask: ask.ask, expires };
      if (answer.taken) return { kind: 'taken', ask: ask.ask, answer };
      const elsewhere = ANSWERS.has(action.kind) ? await waitingElsewhere(run) : '';
      throw new RequestError(409, 'run/refused', answer.why, `${answer.mend}${elsewhere}`);
    },

    async ask(id) {
      const asked = (await ledger.find([`operator.asked/${id}`])).get(`operator.asked/${id}`);
      if (asked?.kind !== 'operator.asked') {
        throw new RequestError(
          404,
          'ask/unknown',
          `Nobody asked ${id}.`,
          'Use the link that the answer gave.',
        );
      }
      const about = {
        ask: id,
        run: asked.run,
        action: asked.data.action.kind,
        asked_at: asked.at,
        expires: asked.data.expires,
      };
      const answer = await ledger.answer(id);
      if (!answer) return { ...about, state: 'open', says: 'Recorded; the run has not taken it yet.' };
      if (answer.taken) return { ...about, state: 'applied', says: answer.says };
      const view = await ledger.find([askEndKey(id)]);
      const state = view.get(askEndKey(id))?.kind === 'operator.expired' ? 'expired' : 'refused';
      return { ...about, state, says: answer.why, mend: answer.mend };
    },
  };

  /** Before anything is recorded. */
  async function refuseClear(run: RunId, action: OperatorAction): Promise<void> {
    if (!('outputs' in action) || action.outputs === undefined) return;
    const summary = await records.summary(run);
    const plan = summary && (await ledger.plan(summary.plan));
    if (plan) refuseClearOutputs(plan, action);
  }

  /** Who answers a run where nothing waits for a person probably means another. */
  async function waitingElsewhere(run: RunId): Promise<string> {
    const waits = ({ held, gates }: RunSummary) => held.length > 0 || gates.length > 0;
    const all = await ledger.runsList();
    if (all.some((one) => one.run === run && waits(one))) return '';
    const others = all.filter(waits).map((one) => `${one.run} (${one.runbook})`);
    return others.length === 0 ? '' : ` What waits for a person: ${others.slice(0, 5).join(', ')}.`;
  }

  /**
   * Looks itself rather than believing the sweeper's last word: never a second workflow beside a living one. Where the engine
   * can't be asked it is for the outbox, which asks again.
   */
  async function isInterrupted({ engine, interrupted }: Parts, run: RunId): Promise<boolean> {
    const summary = await records.summary(run);
    if (!summary || summary.endedAt !== undefined) return false;
    const looked = await engine.look(run).catch(() => undefined);
    if (!looked) return false;
    const { state } = looked;
    // What was only just requested has no workflow yet: the sweeper starts it.
    if (state === 'open' || (state === 'absent' && summary.startedAt === undefined)) return false;
    const ended = (await records.summary(run))?.endedAt !== undefined;
    interrupted.saw(run, !ended);
    return !ended;
  }
}

/**
 * What is asked is recorded under the epoch that has lost its workflow; the next one begins by fencing that epoch off, and then
 * recalls what was asked. So an abort can't come too late to be seen and be called taken.
 */
async function goOnFromLedger(
  parts: Parts,
  run: RunId,
  ask: OperatorAsk,
  expires: number,
): Promise<OperatorAnswer | undefined> {
  const { ledger, outbox, records, starter, interrupted } = parts;
  await ledger.ask(run, ask, expires);
  const summary = await records.summary(run);
  if (!summary) return undefined;
  const epoch = await records.epoch(run);
  const { actor, action } = ask;
  const goesBack = summary.rollingBackSince !== undefined;
  const stopsThat = action.kind === 'abort' && !action.rollback && goesBack ? { point: WAY_BACK } : {};
  const about = { ask: ask.ask, says: wordsOf(action, epoch + 1, goesBack), action };
  const data = { ...about, ...stopsThat, ...(ask.reason === '' ? {} : { reason: ask.reason }) };
  try {
    await ledger.append([{ key: askEndKey(ask.ask), run, epoch, actor, kind: 'operator.applied', data }]);
  } catch (error) {
    // Somebody else resumed it just now: then that workflow says what this one means to it.
    if (!(error instanceof HoldfastError) || error.code !== 'ledger/stale-epoch') throw error;
    return outbox.submit(run, ask, expires, parts.waitMs ?? WAIT_MS);
  }
  await starter.startAgain(summary, epoch + 1);
  interrupted.saw(run, false);
  return ledger.answer(ask.ask);
}

function wordsOf(action: OperatorAction, epoch: number, goesBack: boolean): string {
  if (action.kind !== 'abort')
    return `goes on from the ledger (epoch ${epoch}): what is finished stays, what was running is looked for`;
  const ends = 'goes on from the ledger to its end: what runs is looked for and asked to stop';
  if (action.rollback)
    return goesBack ? 'goes on from the ledger, rolling back' : `${ends}; then what took effect is undone`;
  return goesBack ? `${ends}; what is not undone yet stays` : `${ends}, nothing new starts`;
}
