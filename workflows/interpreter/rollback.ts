import { type HostName, stepInstance } from '../../plan/ids.ts';
import type { Outcome } from '../../plan/outcomes.ts';
import type { HostStep, Rollback, RunStep } from '../../plan/plan.ts';
import { batches } from './hosts.ts';
import type { RunEnd } from './interpret.ts';
import { whilePaused } from './paused.ts';
import { scopeOf } from './scope.ts';
import { newStepState, overall } from './step-state.ts';
import { Attempts } from './steps/attempts.ts';
import { together } from './steps/loop.ts';
import { untilSettled, WORKER } from './steps/on-hosts.ts';
import { titleOf, userOf } from './title.ts';
import { type Deed, Trail } from './trail.ts';
import { note, Stop, stopIfAborted, type Walk } from './walk.ts';

/** How long one try at undoing may take: it changes hosts, and its step's own limit says nothing of it. */
const ROLLBACK_TIMEOUT_MS = 3_600_000;
/** An entry names at most so many steps; how many there are it says in any case. */
const MOST_NAMED = 50;

/**
 * Goes back over what took effect, last first, and runs its rollbacks. One that fails, or whose fate can't be known, is
 * held as any step is. `forward` is why: it is the run's end too, if nothing could be undone or somebody stops it.
 */
export async function rollBack(walk: Walk, forward: RunEnd): Promise<RunEnd> {
  const deeds = walk.trail.deeds().filter((deed) => deed.hosts.length > 0);
  const undoable = deeds.filter((deed) => deed.rollback);
  const left = walk.trail.deeds().filter((deed) => deed.left().length > 0 && !undoable.includes(deed));
  note(walk, 'rollback.started', 'rollback', {
    why: forward.why ?? '',
    steps: undoable.length,
    undoes: undoable.slice(0, MOST_NAMED).map(({ attempts }) => attempts.state.instance),
    leaves: left.slice(0, MOST_NAMED).map(({ attempts }) => attempts.state.instance),
  });
  const stopped = await wentBack(walk);
  const kept = walk.trail.deeds().filter((deed) => deed.left().length > 0);
  const why = [forward.why, stopped && `rolling back ended: ${stopped}`, keptText(kept)];
  const status = stopped !== undefined || undoable.length === 0 ? forward.status : 'rolled_back';
  return { status, why: why.filter((part) => part !== undefined && part !== '').join('; ') };
}

/** What stopped it, or undefined where it came to its beginning. */
async function wentBack(walk: Walk): Promise<string | undefined> {
  try {
    await undo(walk, walk.trail);
    return undefined;
  } catch (error) {
    if (error instanceof Stop) return error.message;
    throw error;
  }
}

async function undo(walk: Walk, trail: Trail): Promise<void> {
  const parts = trail.parts.toReversed();
  const one = (part: Trail | Deed) => (part instanceof Trail ? undo(walk, part) : undoDeed(walk, part));
  if (trail.together) await together(parts.map((part) => () => one(part)));
  else for (const part of parts) await one(part);
}

/** A job of its own on each host, at the place of its step: `join[etcd01]/register/rollback`. */
async function undoDeed(walk: Walk, deed: Deed): Promise<void> {
  const { attempts, rollback, hosts } = deed;
  if (!rollback || hosts.length === 0) return;
  const { step, state: done } = attempts;
  const instance = stepInstance(`${done.instance}/rollback`);
  await walk.port.rest();
  await whilePaused(walk, instance);
  stopIfAborted(walk);
  const back = rollbackStep(step, rollback);
  const state = newStepState(back, instance);
  state.hosts = hosts;
  const undoing = new Attempts(walk, attempts.frame.asOf(done), back, state);
  deed.undoing = undoing;
  const title = `Undo: ${titleOf(step, scopeOf(walk, undoing.frame))}`;
  const become = userOf(back, scopeOf(walk, undoing.frame));
  note(walk, 'step.started', instance, {
    step: instance,
    title,
    hosts,
    undoes: done.instance,
    ...(become === undefined ? {} : { become }),
    ...(back.sensitive ? { sensitive: true } : {}),
  });
  for (const batch of batches(hosts, step.serial).toReversed()) {
    stopIfAborted(walk);
    await untilSettled(undoing, batch);
  }
  const outcomes = hosts.map((host) => [host, undoneAs(state.results.get(host)?.outcome)] as const);
  state.outcome = overall(outcomes.map(([, outcome]) => outcome));
  note(walk, 'step.ended', instance, {
    step: instance,
    outcome: state.outcome,
    hosts: Object.fromEntries(outcomes),
  });
}

function undoneAs(outcome: Outcome = 'skipped'): Outcome {
  return outcome === 'succeeded' ? 'rolled_back' : outcome;
}

/** The rollback as a step: nothing of the one that it undoes is handed down, save its hosts. */
function rollbackStep({ id, at, sensitive }: HostStep, { script, env, become }: Rollback): RunStep {
  return {
    kind: 'run',
    id,
    at,
    check: [],
    onFailure: 'hold',
    on: [],
    any: false,
    effect: 'change',
    mayFail: false,
    idempotent: false,
    onUnknown: 'ask',
    timeoutMs: ROLLBACK_TIMEOUT_MS,
    env,
    outputs: {},
    sensitive,
    script,
    ...(become ? { become } : {}),
  };
}

function keptText(kept: readonly Deed[]): string {
  if (kept.length === 0) return '';
  const named = kept.slice(0, MOST_NAMED).map((deed) => `${deed.attempts.state.instance}${on(deed.left())}`);
  const more = kept.length - named.length;
  return `not undone: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

function on(hosts: readonly HostName[]): string {
  return hosts[0] === WORKER ? '' : ` on ${hosts.join(', ')}`;
}
