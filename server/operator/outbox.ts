import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Ledger } from '../../ledger/ledger.ts';
import { askEndKey } from '../../ledger/outbox.ts';
import type { RunId } from '../../plan/ids.ts';
import type { OperatorAnswer, OperatorAsk } from '../../plan/operator.ts';
import type { Engine, Operated } from '../engine/engine.ts';
import type { RunRecords } from '../runs/records.ts';

/** A worker that died is replaced within this; then the Update is sent anew. */
const ONE_TRY_MS = 20_000;

export type Outbox = {
  /** Records the ask and hands it to the run. Undefined: no answer within `waitMs`; it stays recorded and is sent again. */
  submit(run: RunId, ask: OperatorAsk, expires: number, waitMs: number): Promise<OperatorAnswer | undefined>;
  /** Sends what is recorded and not answered, after a restart too. What has expired is ended by the ledger. */
  sweep(): Promise<void>;
  /** Lets go of what is under way; it stays recorded. */
  close(): Promise<void>;
};

type Parts = {
  readonly ledger: Ledger;
  readonly engine: Engine;
  readonly records: RunRecords;
  readonly log: Logger;
};

export function createOutbox(parts: Parts): Outbox {
  const { ledger, log } = parts;
  const underWay = new Map<string, Promise<void>>();
  /** The last of those that wait to be handed to a run. */
  const lines = new Map<RunId, Promise<void>>();
  const closing = new AbortController();

  /** One after the other for each run, in the order in which they were asked: a pause before an approve comes before it. */
  function send(run: RunId, ask: OperatorAsk): Promise<void> {
    const already = underWay.get(ask.ask);
    if (already) return already;
    const done = (lines.get(run) ?? Promise.resolve())
      .then(() => (closing.signal.aborted ? undefined : deliver(parts, run, ask, closing.signal)))
      .catch((error: unknown) => log.warn({ err: error, ask: ask.ask }, 'an ask could not be handed over'))
      .finally(() => {
        underWay.delete(ask.ask);
        if (lines.get(run) === done) lines.delete(run);
      });
    underWay.set(ask.ask, done);
    lines.set(run, done);
    return done;
  }

  return {
    async submit(run, ask, expires, waitMs) {
      await ledger.ask(run, ask, expires);
      const before = await ledger.answer(ask.ask);
      if (before) return before;
      await Promise.race([send(run, ask), pause(waitMs, undefined, { ref: false })]);
      return ledger.answer(ask.ask);
    },
    async sweep() {
      for (const ask of await ledger.openAsks()) {
        const { run, expires: _, ...rest } = ask;
        void send(run, rest);
      }
    },
    async close() {
      closing.abort();
      await Promise.all(underWay.values());
    },
  };
}

async function deliver(parts: Parts, run: RunId, ask: OperatorAsk, closing: AbortSignal): Promise<void> {
  const { ledger, engine } = parts;
  const signal = AbortSignal.any([closing, AbortSignal.timeout(ONE_TRY_MS)]);
  const operated = await engine.operate(run, ask, signal);
  const answer = await answerOf(parts, run, ask, operated);
  if (!answer) return;
  if (operated.kind !== 'answered' && !answer.taken) await recordRefusal(parts, run, ask, answer.why);
  await ledger.answered(ask.ask, answer);
}

/** Undefined: not known yet, so it is asked again. */
async function answerOf(
  parts: Parts,
  run: RunId,
  ask: OperatorAsk,
  operated: Operated,
): Promise<OperatorAnswer | undefined> {
  switch (operated.kind) {
    case 'answered':
      return operated.answer;
    case 'rejected':
      return { taken: false, why: operated.why, mend: operated.mend };
    case 'pending':
      return undefined;
    case 'ended':
      // What it recorded before it was gone stands.
      return (await parts.ledger.answer(ask.ask)) ?? (await withoutWorkflow(parts, run));
  }
}

async function withoutWorkflow(parts: Parts, run: RunId): Promise<OperatorAnswer | undefined> {
  const summary = await parts.records.summary(run);
  if (summary?.endedAt !== undefined) {
    return {
      taken: false,
      why: `The run has ended: ${summary.status}.`,
      mend: `See \`holdfast show ${run}\`.`,
    };
  }
  // Requested, and about to be started: then it will be there.
  if (summary?.startedAt === undefined) return undefined;
  // It was just going on in a new execution: that one takes it.
  if ((await parts.engine.look(run)).state === 'open') return undefined;
  return {
    taken: false,
    why: 'The run is interrupted: its workflow is gone, so nobody is there to take this.',
    mend: `Let it go on from the ledger with \`holdfast resume ${run}\`, then ask again.`,
  };
}

async function recordRefusal(parts: Parts, run: RunId, ask: OperatorAsk, why: string): Promise<void> {
  await parts.ledger.append([
    {
      key: askEndKey(ask.ask),
      run,
      epoch: await parts.records.epoch(run),
      actor: { kind: 'engine' },
      kind: 'operator.refused',
      data: { ask: ask.ask, why },
    },
  ]);
}
