import type { Logger } from 'pino';
import type { OpenLedger } from '../../ledger/open.ts';
import type { RunSummary } from '../../ledger/projections/run-summary.ts';
import type { RunId } from '../../plan/ids.ts';
import { roomFor } from '../doctor/room.ts';
import type { Engine, Looked } from '../engine/engine.ts';
import type { Outbox } from '../operator/outbox.ts';
import type { Hindrances } from '../runs/hindrances.ts';
import type { Interrupted } from '../runs/interrupted.ts';
import type { Starter } from '../runs/starter.ts';

type Parts = {
  readonly ledger: OpenLedger;
  readonly engine: Engine;
  readonly outbox: Outbox;
  readonly starter: Starter;
  readonly interrupted: Interrupted;
  readonly hindrances: Hindrances;
  readonly dataDir: string;
  readonly clock: () => number;
  readonly log: Logger;
};

const EVERY_MS = 1_000;

/**
 * Does again what a crash may have left half done: starts what was requested and not started, hands over what people asked
 * and nobody took, erases what ended runs have sealed, and sees which runs have lost their workflow, or have one that can't go on.
 */
export async function sweep(parts: Parts): Promise<void> {
  parts.hindrances.sawRoom(await roomFor(parts.dataDir));
  await parts.outbox.sweep();
  const runs = await parts.ledger.runsList();
  await eraseSealed(parts.ledger, runs);
  for (const run of runs) {
    if (run.endedAt !== undefined) {
      parts.interrupted.saw(run.run, false);
      parts.interrupted.sawAttempt(run.run, 0);
      parts.hindrances.saw(run.run, undefined);
      continue;
    }
    const { state, attempt, ...told } = await look(parts, run.run);
    parts.interrupted.sawAttempt(run.run, attempt);
    parts.hindrances.saw(run.run, told);
    // A workflow that closed before its first entry is as gone as one that closed later.
    if (state === 'absent' && run.startedAt === undefined) await parts.starter.start(run);
    else if (state === 'open') parts.interrupted.saw(run.run, false);
    else parts.interrupted.saw(run.run, !(await hasEnded(parts, run.run)));
  }
}

/** A run whose end is recorded is never walked again: nobody needs what it has sealed, and a late worker's is of no use. */
async function eraseSealed({ sealed }: OpenLedger, runs: readonly RunSummary[]): Promise<void> {
  const kept = new Set(await sealed.runs());
  for (const { run, endedAt } of runs) if (endedAt !== undefined && kept.has(run)) await sealed.erase(run);
}

async function look({ engine, hindrances, clock }: Parts, run: RunId): Promise<Looked> {
  try {
    const looked = await engine.look(run);
    hindrances.sawEngine(true, clock());
    return looked;
  } catch (error) {
    hindrances.sawEngine(false, clock());
    throw error;
  }
}

/** The end may have been recorded between reading the list and asking the engine. */
async function hasEnded(parts: Parts, run: Parameters<Interrupted['has']>[0]): Promise<boolean> {
  return (await parts.ledger.runView(run))?.summary.endedAt !== undefined;
}

/** Sweeps every second until stopped; `stop` resolves when the sweep under way is over. */
export function startSweeper(parts: Parts): { readonly stop: () => Promise<void> } {
  let stopped = false;
  let wake = () => {};
  let well = true;
  async function loop(): Promise<void> {
    while (!stopped) {
      try {
        await sweep(parts);
        well = true;
      } catch (error) {
        if (well) parts.log.warn({ err: error }, 'the sweeper could not do all its work; it tries again');
        well = false;
      }
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  const looping = loop();
  return {
    async stop() {
      stopped = true;
      wake();
      await looping;
    },
  };
}
