import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError } from '../../cli/exit.ts';
import type { RunView } from '../../server/api/runs.ts';
import { lineOf } from './scenario.ts';
import { type Target, witnessLines } from './target.ts';

/** What a person said about one command whose fate was not known. */
export type Word = { readonly host: string; readonly line: string; readonly as: 'succeeded' | 'run_again' };

const PATIENCE_MS = 90_000;

/**
 * Waits for the run's end. Where it asks how a command ended, answers as a person would who looks at the host: its line
 * is there, so it was started; none is there, so it is run again. Where a host could not be reached, so that nothing was
 * started there, has it tried again. Gives back everything that was said about commands.
 */
export async function seenThrough(
  target: Target,
  run: string,
): Promise<{ readonly view: RunView; readonly words: readonly Word[] }> {
  const words: Word[] = [];
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = await target.house.view(run).catch(() => undefined);
    if (now?.ended_at !== undefined) return { view: now, words };
    if (now?.status === 'held') words.push(...(await answered(target, run, now)));
    if (performance.now() > end) {
      const steps = now?.steps.map(({ step, outcome, hosts }) => ({
        step,
        outcome,
        hosts: hosts.map((cell) => `${cell.host} ${cell.outcome} ${cell.reason ?? ''}`),
      }));
      throw new Error(
        `${run} does not end, it is ${now?.status}: ${JSON.stringify({ held: now?.held, steps })}`,
      );
    }
    await pause(75);
  }
}

async function answered(target: Target, run: string, view: RunView): Promise<readonly Word[]> {
  const words: Word[] = [];
  for (const { step } of view.held) {
    const cells = view.steps.find((one) => one.step === step)?.hosts ?? [];
    for (const { host } of cells.filter(({ outcome }) => outcome === 'unknown')) {
      const line = lineOf(step);
      const there = (await witnessLines(target, run, host)).includes(line);
      const as = there ? 'succeeded' : 'run_again';
      const body = { step, host, as, reason: 'looked at the witness', ...outputs(line, as) };
      if (await take(target, run, 'resolve', body)) words.push({ host, line, as });
    }
    const unreached = cells.filter(({ outcome }) => outcome === 'unreachable').map(({ host }) => host);
    if (unreached.length > 0)
      await take(target, run, 'retry', { step, hosts: unreached, reason: 'it is back' });
  }
  return words;
}

/** What later steps need of it, as the person read it on the host. */
function outputs(line: string, as: Word['as']): { readonly outputs?: { readonly lines: number } } {
  return line === 'last' && as === 'succeeded' ? { outputs: { lines: 7 } } : {};
}

/** False where the run did not take it: somebody looks again. */
async function take(target: Target, run: string, ask: 'resolve' | 'retry', body: object): Promise<boolean> {
  const api = await target.house.api();
  try {
    const { status } = await api.post(`/api/runs/${run}/${ask}`, body, randomUUID());
    return status === 200;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
