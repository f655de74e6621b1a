import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError } from '../../cli/exit.ts';
import type { RunView } from '../../server/api/runs.ts';
import { until } from '../support/processes.ts';
import { lineOf } from './scenario.ts';
import { type Target, witnessLines } from './target.ts';

/** What a person said about one command whose fate was not known. */
export type Word = { readonly host: string; readonly line: string; readonly as: 'succeeded' | 'run_again' };

const PATIENCE_MS = 90_000;

/**
 * Waits for the run's end. Where it asks how a command ended, answers as a person would who looks at the host: its line
 * is there, so it was started; none is there, so it is run again. Gives back everything that was answered.
 */
export async function seenThrough(
  target: Target,
  run: string,
): Promise<{ readonly view: RunView; readonly words: readonly Word[] }> {
  const words: Word[] = [];
  const view = await until(
    `${run} ends`,
    async () => {
      const now = await target.house.view(run).catch(() => undefined);
      if (now === undefined) return undefined;
      if (now.ended_at !== undefined) return now;
      if (now.status === 'held') words.push(...(await answered(target, run, now)));
      await pause(50);
      return undefined;
    },
    PATIENCE_MS,
  );
  return { view, words };
}

async function answered(target: Target, run: string, view: RunView): Promise<readonly Word[]> {
  const words: Word[] = [];
  for (const { step } of view.held) {
    const cells = view.steps.find((one) => one.step === step)?.hosts ?? [];
    for (const { host } of cells.filter(({ outcome }) => outcome === 'unknown')) {
      const line = lineOf(step);
      const there = (await witnessLines(target, run, host)).includes(line);
      const as = there ? 'succeeded' : 'run_again';
      if (
        await resolve(target, run, { step, host, as, reason: 'looked at the witness', ...outputs(line, as) })
      ) {
        words.push({ host, line, as });
      }
    }
  }
  return words;
}

/** What later steps need of it, as the person read it on the host. */
function outputs(line: string, as: Word['as']): { readonly outputs?: { readonly lines: number } } {
  return line === 'last' && as === 'succeeded' ? { outputs: { lines: 7 } } : {};
}

/** False where the run did not take it: somebody looks again. */
async function resolve(target: Target, run: string, body: object): Promise<boolean> {
  const api = await target.house.api();
  try {
    const { status } = await api.post(`/api/runs/${run}/resolve`, body, randomUUID());
    return status === 200;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
