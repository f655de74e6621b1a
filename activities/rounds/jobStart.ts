import type { EntryOf } from '../../ledger/events.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { HostTask } from '../../plan/rounds.ts';
import type { Place } from '../jobs/attemptText.ts';
import { askBoot, choosePlace } from '../jobs/place.ts';
import { jobId } from '../jobs/shell.ts';
import type { Started } from '../jobs/watch.ts';
import type { SshConnection, SshFailure } from '../ssh/ssh.ts';
import { connect, timeIsUp } from './connect.ts';
import { resultOf } from './jobResult.ts';
import { placeKey } from './keys.ts';
import type { Round } from './round.ts';

const askWithinMs = 20_000;

type Verdict = Parameters<typeof resultOf>[2];

/** An attempt whose start is recorded, by this call or an earlier one. */
export type Ready = {
  readonly place: Place;
  readonly job: string;
  readonly boot: string | undefined;
  /** Nothing can be stored of its output yet. */
  readonly fresh: boolean;
  readonly startedAt: number;
};

/** Sees to it that a place and the start of this attempt are recorded. A result: it ends before it began. */
export async function prepare(
  round: Round,
  task: HostTask,
  cancel: boolean,
): Promise<Ready | HostResult | 'running'> {
  const before = round.started(task);
  if (before !== undefined) {
    await round.watch?.(task, { at: 'found', started: startedOf(before) });
    return found(round, task, before, false);
  }
  if (cancel) {
    return instead(round, task, { outcome: 'cancelled', reason: 'stopped before it was started' });
  }
  const connected = await connect(round, task);
  if (!connected.ok) {
    if (timeIsUp(round)) return 'running';
    const { says, transient } = connected.failure;
    return instead(round, task, {
      outcome: 'unreachable',
      reason: says,
      ...(transient ? { transient } : {}),
    });
  }
  const recorded = round.place(task);
  const chosen = recorded ?? (await choose(round, task, connected.connection));
  if ('outcome' in chosen) return timeIsUp(round) ? 'running' : instead(round, task, chosen);
  const boot = await bootOf(round, connected.connection);
  if (typeof boot !== 'string') {
    if (timeIsUp(round)) return 'running';
    return instead(round, task, { outcome: 'unreachable', reason: boot.says, transient: true });
  }
  const { run, step } = round.request;
  const job = jobId({ run, step, host: task.host, generation: task.generation });
  await round.watch?.(task, { at: 'begins', boot });
  const stored = await round.recordStarted(task, { job, boot });
  await round.watch?.(task, { at: 'start stands', started: startedOf(stored) });
  return found(round, task, stored, true, chosen);
}

/**
 * Ends an attempt before its start, with proof: its start is recorded without a job, under the key that a launch would
 * need, so that nobody can launch it any more. Where somebody else was first with a job, that is followed.
 */
async function instead(round: Round, task: HostTask, verdict: Verdict): Promise<Ready | HostResult> {
  await round.watch?.(task, { at: 'gives up' });
  const stored = await round.recordStarted(task, {});
  await round.watch?.(task, { at: 'start stands', started: startedOf(stored) });
  const now = round.now();
  if (stored.data.job === undefined) return resultOf(task, { startedAt: now, endedAt: now }, verdict);
  return found(round, task, stored, false);
}

function startedOf({ data }: EntryOf<'attempt.started'>): Started {
  return data.job === undefined ? 'never' : { boot: data.boot ?? '' };
}

async function found(
  round: Round,
  task: HostTask,
  started: EntryOf<'attempt.started'>,
  fresh: boolean,
  chosen?: Place,
): Promise<Ready | HostResult> {
  const { job, boot } = started.data;
  if (job === undefined) {
    const verdict = {
      outcome: 'unreachable',
      reason: 'nothing was started: the host could not be reached',
    } as const;
    return resultOf(task, { startedAt: started.at, endedAt: round.now() }, { ...verdict, transient: true });
  }
  const place = chosen ?? round.place(task) ?? (await round.placeNow(task));
  return { place, job, boot, fresh, startedAt: started.at };
}

async function choose(round: Round, task: HostTask, connection: SshConnection): Promise<Place | Verdict> {
  const { run, epoch } = round.request;
  const { host } = task;
  const chosen = await choosePlace(connection, { run, epoch, host, timeoutMs: askWithinMs });
  if (!chosen.ok) {
    const { why, transient } = chosen;
    return transient
      ? { outcome: 'unreachable', reason: why, transient }
      : { outcome: 'failed', reason: why };
  }
  const { place, memory } = chosen;
  round.known.sawBoot(connection, chosen.boot);
  const [stored] = await round.append([
    {
      key: placeKey(run, host),
      run,
      epoch,
      actor: { kind: 'engine' },
      kind: 'place.chosen',
      data: { host, directory: place.directory, token: place.token, memory },
    },
  ]);
  return stored?.kind === 'place.chosen' ? stored.data : place;
}

async function bootOf(round: Round, connection: SshConnection): Promise<string | SshFailure> {
  const known = round.known.boot(connection);
  if (known !== undefined) return known;
  const asked = await askBoot(connection, askWithinMs);
  if (!asked.ok) return asked.failure;
  round.known.sawBoot(connection, asked.boot);
  return asked.boot;
}
