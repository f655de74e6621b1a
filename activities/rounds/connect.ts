import type { HostTask } from '../../plan/rounds.ts';
import type { Connected } from '../ssh/ssh.ts';
import type { Round } from './round.ts';

/** A connection to the task's host, for as long as this call has time, and no longer than `withinMs`. A host that the plan doesn't have is no exception. */
export async function connect(round: Round, task: HostTask, withinMs = Infinity): Promise<Connected> {
  const host = round.host(task);
  if (host === undefined) {
    const says = `${task.host} is not among the plan's hosts`;
    return { ok: false, failure: { kind: 'unresolved', transient: false, says } };
  }
  const left = Math.max(1, Math.min(withinMs, round.until - round.now()));
  return round.parts.pool.connect(host, AbortSignal.any([round.call.letGo, AbortSignal.timeout(left)]));
}

/** Whether this call is to answer `running` for what runs on. */
export function timeIsUp(round: Round): boolean {
  return round.call.letGo.aborted || round.now() >= round.until;
}
