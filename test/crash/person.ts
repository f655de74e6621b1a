import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunView } from '../../server/api/runs.ts';
import { lineOf } from './scenario.ts';
import { type Ground, witnessLines } from './target.ts';

const PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 60;
const ASK_EVERY_MS = 300;

/**
 * Waits for the ends of the runs, and takes each out of `open`. Where one asks how a command ended, answers as a person would who looks at the host: its line
 * is there, so it was started; none is there, so it is run again. Where the run says that nothing was started on a host (it could not be
 * reached, or was held for so long that it seemed not to be able to), has it tried again.
 */
export async function seenThrough(ground: Ground, open: Set<string>, since: number): Promise<void> {
  const held = new Map<string, number>();
  const patience = performance.now() + PATIENCE_MS;
  for (let after = since; open.size > 0; ) {
    for (const { seq, kind, run } of await ground.ledger.read({ after, kinds: ['run.held', 'run.ended'] })) {
      after = seq;
      if (kind === 'run.ended') open.delete(run);
      else if (open.has(run) && !held.has(run)) held.set(run, 0);
    }
    for (const [run, asked] of held) {
      if (!open.has(run)) held.delete(run);
      if (!open.has(run) || performance.now() - asked < ASK_EVERY_MS) continue;
      held.set(run, performance.now());
      const view = await ground.house.view(run).catch(() => undefined);
      if (view === undefined) continue;
      if (view.status === 'held') await answered(ground, run, view);
      else held.delete(run);
    }
    if (performance.now() > patience) throw new Error(await standing(ground, [...open]));
    await pause(LOOK_EVERY_MS);
  }
}

async function standing(ground: Ground, runs: readonly string[]): Promise<string> {
  const all = await Promise.all(
    runs.map(async (run) => {
      const now = await ground.house.view(run).catch(() => undefined);
      const steps = now?.steps.map(({ step, outcome, hosts }) => ({
        step,
        outcome,
        hosts: hosts.map((cell) => `${cell.host} ${cell.outcome} ${cell.reason ?? ''}`),
      }));
      return `${run} does not end, it is ${now?.status}: ${JSON.stringify({ held: now?.held, steps })}`;
    }),
  );
  return all.join('\n');
}

async function answered(ground: Ground, run: string, view: RunView): Promise<void> {
  for (const { step } of view.held) {
    const cells = view.steps.find((one) => one.step === step)?.hosts ?? [];
    for (const { host } of cells.filter(({ outcome }) => outcome === 'unknown')) {
      const line = lineOf(step);
      const there = (await witnessLines(ground, run, host)).includes(line);
      const as = there ? 'succeeded' : 'run_again';
      const body = { step, host, as, reason: 'looked at the witness', ...outputs(line, as) };
      await take(ground, run, 'resolve', body);
    }
    const unstarted = cells.filter(
      ({ outcome, reason }) =>
        outcome === 'unreachable' || (outcome === 'failed' && /nothing was started/.test(reason ?? '')),
    );
    if (unstarted.length > 0) {
      const hosts = unstarted.map(({ host }) => host);
      await take(ground, run, 'retry', { step, hosts, reason: 'nothing was started' });
    }
  }
}

/** What later steps need of it, as the person read it on the host. */
function outputs(
  line: string,
  as: 'succeeded' | 'run_again',
): { readonly outputs?: { readonly lines: number } } {
  return line === 'last' && as === 'succeeded' ? { outputs: { lines: 7 } } : {};
}

/** Where the run does not take it, or the server is down, somebody looks again. */
async function take(ground: Ground, run: string, ask: 'resolve' | 'retry', body: object): Promise<void> {
  try {
    const api = await ground.house.api();
    await api.post(`/api/runs/${run}/${ask}`, body, randomUUID());
  } catch {
    // It stands as it was.
  }
}
