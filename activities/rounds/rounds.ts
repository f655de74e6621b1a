import type { PendingEntry } from '../../ledger/events.ts';
import { HoldfastError } from '../../plan/errors.ts';
import type { HostTask, RoundAnswer, RoundRequest } from '../../plan/rounds.ts';
import { type CloseAnswer, type CloseRequest, closeRun } from './closeRun.ts';
import { compareTask } from './compareTask.ts';
import type { RoundsParts } from './context.ts';
import { Copies, copyTask } from './copyTask.ts';
import { execTask } from './execTask.ts';
import { filled } from './fill.ts';
import { Gate } from './gate.ts';
import { httpTask } from './httpTask.ts';
import { emptiedAgain, jobTask } from './jobTask.ts';
import { Known } from './known.ts';
import { answerBytes, keysOf, Round, type TaskEnd } from './round.ts';
import { Texts } from './texts.ts';
import { Tidier } from './tidier.ts';
import { told, watching } from './watching.ts';

/** Milliseconds after which a call answers `running` for what runs on. */
export const roundLimits = { local: 2_000, regular: 10_000, ask: 100_000, follow: 15 * 60_000 } as const;

/** The activities of rounds. `first` is committed before anything that they do. */
export type Rounds = {
  startRoundLocal(request: RoundRequest, first: readonly PendingEntry[]): Promise<RoundAnswer>;
  startRound(request: RoundRequest, first: readonly PendingEntry[]): Promise<RoundAnswer>;
  /** Attaches to what was started, and starts what could not be started in time. */
  followRound(request: RoundRequest): Promise<RoundAnswer>;
  /** Asks hosts for a plan: only what changes nothing, and each within the request's time limit. */
  askHosts(request: RoundRequest): Promise<RoundAnswer>;
  /** Stops what runs, sees to it that what was not started never is, and answers when that is known. */
  cancelRound(request: RoundRequest): Promise<RoundAnswer>;
  /** Removes what a run that has ended keeps on the hosts of a zone, where it can. */
  closeRun(request: CloseRequest): Promise<CloseAnswer>;
  /** Empties directories of ended jobs that wait for it. */
  tidy(): Promise<void>;
};

/**
 * Carries out rounds. Every task looks into the ledger first: what stands there as `attempt.ended` is its answer, and
 * nothing is done. Any of these may be called again at any time, by any worker.
 */
export function createRounds(parts: RoundsParts): Rounds {
  const texts = new Texts(parts);
  const known = new Known();
  const gate = new Gate(parts.launchesAtOnce ?? 64);
  // Plans are looked at while runs go on: they don't take their places.
  const asking = new Gate(parts.questionsAtOnce ?? 32);
  const tidier = new Tidier();
  const copies = new Copies();

  async function carryOut(
    request: RoundRequest,
    first: readonly PendingEntry[],
    limitMs: number,
    cancel: boolean,
  ): Promise<RoundAnswer> {
    const call = parts.call();
    try {
      const until = parts.clock.now() + limitMs;
      const watch = watching(parts.watch, request);
      if (watch !== undefined) await Promise.all(request.tasks.map((task) => watch(task, { at: 'calls' })));
      const [plan, entries] = await Promise.all([
        texts.plan(request.plan),
        parts.ledger.find(keysOf(request)),
      ]);
      const enters = request.probe === undefined ? gate : asking;
      const all = {
        request,
        parts,
        call,
        until,
        texts,
        known,
        gate: enters,
        tidier,
        plan,
        entries,
        first,
        watch,
      };
      const round = new Round(all);
      await round.findAll();
      call.tells?.(() => round.lookedFor());
      const soon = setTimeout(() => void round.flush().catch(() => {}), 50);
      const ends = await Promise.allSettled(request.tasks.map((task) => settle(round, copies, task, cancel)));
      clearTimeout(soon);
      await round.flush();
      return answerOf(request, ends.map(endOf), call.stopping());
    } finally {
      call.done();
    }
  }

  return {
    startRoundLocal: (request, first) => carryOut(request, first, roundLimits.local, false),
    startRound: (request, first) => carryOut(request, first, roundLimits.regular, false),
    followRound: (request) => carryOut(request, [], roundLimits.follow, false),
    askHosts: (request) => carryOut(onlyAsks(request), [], roundLimits.ask, false),
    cancelRound: (request) => carryOut(request, [], roundLimits.follow, true),
    async closeRun(request) {
      const call = parts.call();
      try {
        return await closeRun(request, parts, texts, call);
      } finally {
        call.done();
      }
    },
    tidy: () => tidier.now(),
  };
}

async function settle(round: Round, copies: Copies, task: HostTask, cancel: boolean): Promise<TaskEnd> {
  const ended = round.ended(task);
  if (ended !== undefined) {
    const { result } = ended.data;
    await round.watch?.(task, { at: 'ended', ...told(result) });
    if (round.request.work.kind === 'job') await emptiedAgain(round, task, result);
    return result;
  }
  const ready = cancel ? task : await filled(round, task);
  if ('outcome' in ready) return ready;
  const { work } = round.request;
  switch (work.kind) {
    case 'job':
      return jobTask(round, work, ready, cancel);
    case 'exec':
      return execTask(round, work, ready, cancel);
    case 'copy':
      if (round.request.probe !== undefined) return compareTask(round, work, ready);
      return copyTask(round, copies, work, ready, cancel);
    case 'http':
      return httpTask(round, work, ready, cancel);
  }
}

/** What would leave anything behind is refused before a host hears of it. Throws `rounds/not-a-question`. */
function onlyAsks(request: RoundRequest): RoundRequest {
  const { work, effect, probe } = request;
  const asks = work.kind === 'exec' || work.kind === 'http' || (work.kind === 'copy' && probe === 'done');
  if (probe !== undefined && effect === 'read' && asks) return request;
  throw new HoldfastError(
    'rounds/not-a-question',
    `${request.step} is not something that can be asked for a plan.`,
    'This is a fault of Holdfast: report it.',
  );
}

/** All tasks have come to rest before the first of their faults is thrown: none goes on behind the activity's back. */
function endOf(end: PromiseSettledResult<TaskEnd>): TaskEnd {
  if (end.status === 'rejected') throw end.reason;
  return end.value;
}

/** What would make the answer too large is told as running: it stands in the ledger, and a follower's answer has room. */
export function answerOf(request: RoundRequest, ends: readonly TaskEnd[], stopping: boolean): RoundAnswer {
  const settled = [];
  const running = [];
  let bytes = 200;
  for (const [at, task] of request.tasks.entries()) {
    const end = ends[at];
    const size = end === undefined || end === 'running' ? 0 : Buffer.byteLength(JSON.stringify(end)) + 1;
    if (end === undefined || end === 'running' || (settled.length > 0 && bytes + size > answerBytes)) {
      running.push(task.host);
      bytes += task.host.length + 3;
      continue;
    }
    settled.push(end);
    bytes += size;
  }
  return { settled, running, ...(stopping ? { stopping: true } : {}) };
}
