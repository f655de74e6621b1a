import type { Connected, SshConnection, SshFailure } from '../ssh/ssh.ts';
import { ask, decidedBy, drawMark, type Fields, seenIn } from './ask.ts';
import { attemptText, type Material, outputCap, type Place, pieceBytes } from './attemptText.ts';
import type { Frame } from './frames.ts';
import { stopText } from './stopText.ts';

/** Every limit of following a job, in milliseconds. */
export const jobLimits = {
  /** A launch is waited for on its own channel this long; what runs on is followed in long polls. */
  attach: 250,
  /** One long poll on the host. Also how long a poll that nobody waits for any more goes on there. */
  poll: 15_000,
  /** Beyond what an exec is told to wait on the host. */
  reply: 20_000,
  /** From TERM to KILL, and from one KILL to the next. */
  grace: 10_000,
  again: 2_000,
  /** A host that was lost after a launch is looked for this long. */
  reattach: 15 * 60_000,
} as const;

export type Clock = { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };

export type JobSpec = {
  readonly place: Place;
  readonly epoch: number;
  readonly job: string;
  /** `first`: this call has just committed `attempt.started`; nobody else can have launched before. */
  readonly recorded: { readonly boot: string | undefined; readonly first: boolean };
  readonly older: readonly string[];
  readonly timeoutMs: number;
  /** What a launch needs. `resend` asks for all texts, as the host has lost some. Left out: never launch. */
  readonly material?: (resend: boolean) => Material;
  /** How far each stream is stored. */
  readonly from: { readonly out: number; readonly err: number };
};

export type JobHooks = {
  connect(): Promise<Connected>;
  /** Bytes of a stream from an offset on, in order. Resolves when stored; the next poll begins after that. */
  store(stream: 'out' | 'err', offset: number, bytes: Uint8Array): Promise<void>;
  readonly clock: Clock;
  /** When to answer `running` though it runs on. Milliseconds since the epoch. */
  readonly until: number;
  /** Fires to let go of the job, which goes on. */
  readonly letGo: AbortSignal;
  /** Fires to stop the job. */
  readonly stop: AbortSignal;
  /** Since when the host has been lost, across calls; 0 when it is not. */
  readonly lost: { since: number };
};

export type JobEnd =
  | {
      readonly kind: 'ended';
      readonly rc: number;
      readonly stopped?: 'timed_out' | 'cancelled';
      readonly unchanged: boolean;
      /** The script ended well, but its `done` did not hold in time; the end of what that said. */
      readonly undone?: string;
      readonly value: Uint8Array;
      readonly cut: { readonly out: boolean; readonly err: boolean };
      readonly bytes: { readonly out: number; readonly err: number };
    }
  | { readonly kind: 'unknown'; readonly evidence: string; readonly sessionLives: boolean }
  /** Proven: nothing was started. */
  | { readonly kind: 'refused'; readonly why: string; readonly transient: boolean }
  | { readonly kind: 'never' }
  | { readonly kind: 'unreachable'; readonly failure: SshFailure }
  | { readonly kind: 'running' };

/**
 * Starts a job, or finds it, and follows it until it has ended, `until` has come, or it is let go.
 * Safe to call again at any time, from anywhere, also at the same time: the host decides who starts.
 */
export async function followJob(spec: JobSpec, hooks: JobHooks): Promise<JobEnd> {
  const { clock } = hooks;
  const at = { out: spec.from.out, err: spec.from.err };
  let first = spec.recorded.first;
  let mayHaveLaunched = !first;
  let launched = false;
  let resend = false;
  let tries = 0;
  let pause = 100;
  let deadline: number | undefined;
  let stopping:
    | { readonly reason: 'timed_out' | 'cancelled'; signalAt: number; signal: 'TERM' | 'KILL' }
    | undefined;

  for (;;) {
    if (hooks.letGo.aborted || clock.now() >= hooks.until) return { kind: 'running' };
    const connected = await hooks.connect();
    if (!connected.ok) {
      if (!mayHaveLaunched) return { kind: 'unreachable', failure: connected.failure };
      const gone = lostFor(hooks, connected.failure);
      if (gone !== undefined) return gone;
      await clock.sleep(Math.min(pause, Math.max(hooks.until - clock.now(), 0)), hooks.letGo);
      pause = Math.min(pause * 2, 5_000);
      continue;
    }

    if (stopping === undefined && hooks.stop.aborted) {
      stopping = { reason: 'cancelled', signalAt: 0, signal: 'TERM' };
    }
    if (stopping === undefined && deadline !== undefined && clock.now() >= deadline) {
      stopping = { reason: 'timed_out', signalAt: 0, signal: 'TERM' };
    }
    if (stopping !== undefined && clock.now() >= stopping.signalAt) {
      const mark = drawMark();
      const { reason, signal } = stopping;
      const answer = await ask(
        connected.connection,
        mark,
        stopText({ mark, place: spec.place, job: spec.job, reason, signal }),
        { onFrame: () => {}, timeoutMs: jobLimits.reply, signal: hooks.letGo },
      );
      if (answer.ok) {
        if (answer.fields.act === 'never') return { kind: 'never' };
        stopping.signalAt = clock.now() + (signal === 'TERM' ? jobLimits.grace : jobLimits.again);
        stopping.signal = 'KILL';
      }
    }

    const launch = spec.material !== undefined && !launched && stopping === undefined;
    const turn = await oneTurn(connected.connection, spec, hooks, {
      at,
      first,
      material: launch ? spec.material?.(resend) : undefined,
      waitMs: waitFor(hooks, deadline, stopping?.signalAt),
      interrupt: stopping === undefined ? AbortSignal.any([hooks.letGo, hooks.stop]) : hooks.letGo,
    });
    if (!turn.answer.ok) {
      if (turn.answer.sent) {
        first = false;
        mayHaveLaunched = mayHaveLaunched || launch;
      }
      if (hooks.letGo.aborted) return { kind: 'running' };
      if (!mayHaveLaunched) return { kind: 'unreachable', failure: turn.answer.failure };
      if (hooks.stop.aborted && stopping === undefined) continue;
      const gone = lostFor(hooks, turn.answer.failure);
      if (gone !== undefined) return gone;
      await clock.sleep(Math.min(pause, Math.max(hooks.until - clock.now(), 0)), hooks.letGo);
      pause = Math.min(pause * 2, 5_000);
      continue;
    }
    hooks.lost.since = 0;
    pause = 100;
    const { fields } = turn.answer;
    const decision = decidedBy(fields, { boot: spec.recorded.boot, first: first && !turn.launched });
    if (launch) {
      first = false;
      mayHaveLaunched = true;
    }
    switch (decision.act) {
      case 'done':
        if (turn.full) continue;
        return ended(decision.rc, fields, turn.value, turn.note, at);
      case 'follow': {
        launched = true;
        const age = Number(fields.age ?? Number.NaN);
        if (!Number.isNaN(age)) deadline = clock.now() - age * 10 + spec.timeoutMs;
        continue;
      }
      case 'never':
        return { kind: 'never' };
      case 'unknown':
        return { kind: 'unknown', evidence: decision.evidence, sessionLives: seenIn(fields).sessionLives };
      case 'refuse':
        if (fields.why === 'library' && !resend) {
          resend = true;
          continue;
        }
        return {
          kind: 'refused',
          why: decision.evidence,
          transient: fields.old === '1' || fields.why === 'space',
        };
      case 'start':
      case 'supervise':
        if (spec.material === undefined) {
          return { kind: 'refused', why: 'the job was never started on the host', transient: false };
        }
        launched = false;
        tries += 1;
        if (tries > 3 && stopping === undefined) {
          return {
            kind: 'refused',
            why: "the host can't start the job's supervisor; nothing was started",
            transient: true,
          };
        }
        continue;
    }
  }
}

function waitFor(hooks: JobHooks, deadline: number | undefined, signalAt: number | undefined): number {
  const ends = [hooks.until, deadline, signalAt].filter((end) => end !== undefined);
  return Math.max(0, Math.min(jobLimits.poll, ...ends.map((end) => end - hooks.clock.now())));
}

/** Nothing more can be asked for now; after `reattach` the outcome is unknown. */
function lostFor(hooks: JobHooks, failure: SshFailure): JobEnd | undefined {
  const now = hooks.clock.now();
  if (hooks.lost.since === 0) hooks.lost.since = now;
  const lasting = now - hooks.lost.since >= jobLimits.reattach;
  if (!lasting && failure.transient) return undefined;
  return {
    kind: 'unknown',
    evidence: `a launch was sent and the host can't be asked what became of it: ${failure.says}`,
    sessionLives: false,
  };
}

type Turn = {
  readonly answer: Awaited<ReturnType<typeof ask>>;
  readonly launched: boolean;
  /** A stream gave as much as one exec may: there is more. */
  readonly full: boolean;
  readonly value: Uint8Array;
  readonly note: string;
};

/** One exec that looks at the job and does what its look allows; its output is stored before this resolves. */
async function oneTurn(
  connection: SshConnection,
  spec: JobSpec,
  hooks: JobHooks,
  turn: {
    readonly at: { out: number; err: number };
    readonly first: boolean;
    readonly material: Material | undefined;
    readonly waitMs: number;
    readonly interrupt: AbortSignal;
  },
): Promise<Turn> {
  const mark = drawMark();
  const value: Uint8Array[] = [];
  const note: Uint8Array[] = [];
  const got = { out: 0, err: 0 };
  let launched = false;
  let storing: Promise<void> = Promise.resolve();
  let attach: ReturnType<typeof setTimeout> | undefined;

  function onFrame(frame: Frame): void {
    if (frame.kind === 'line') {
      if (frame.word !== 'launched') return;
      launched = true;
      const shell = Number(frame.fields.shell);
      attach = setTimeout(() => void wake(connection, shell), jobLimits.attach);
      return;
    }
    if (frame.of === 'value') value.push(frame.bytes);
    else if (frame.of === 'note') note.push(frame.bytes);
    else {
      const stream = frame.of;
      const offset = turn.at[stream] + got[stream];
      got[stream] += frame.bytes.length;
      storing = storing.then(() => hooks.store(stream, offset, frame.bytes));
      storing.catch(() => {});
    }
  }

  const answer = await ask(
    connection,
    mark,
    attemptText({
      mark,
      place: spec.place,
      epoch: spec.epoch,
      job: spec.job,
      recorded: { boot: spec.recorded.boot, first: turn.first },
      older: spec.older,
      from: { out: turn.at.out, err: turn.at.err },
      ...(turn.material === undefined ? {} : { material: turn.material }),
      waitMs: turn.waitMs,
    }),
    { onFrame, timeoutMs: turn.waitMs + jobLimits.reply, signal: turn.interrupt },
  );
  clearTimeout(attach);
  await storing;
  turn.at.out += got.out;
  turn.at.err += got.err;
  return {
    answer,
    launched,
    full: got.out >= pieceBytes || got.err >= pieceBytes,
    value: Buffer.concat(value),
    note: Buffer.concat(note).toString(),
  };
}

/** Tells the shell that waits for its launch to answer now. Where this fails, that shell answers when the job ends. */
async function wake(connection: SshConnection, shell: number): Promise<void> {
  if (!Number.isSafeInteger(shell) || shell <= 1) return;
  await connection.script(`kill -USR1 ${shell} 2>/dev/null\n`, { timeoutMs: jobLimits.reply });
}

function ended(
  rc: number,
  fields: Fields,
  value: Uint8Array,
  note: string,
  at: { readonly out: number; readonly err: number },
): JobEnd {
  const { stop } = fields;
  const stopped = stop === 'timed_out' || stop === 'cancelled' ? stop : undefined;
  return {
    kind: 'ended',
    rc,
    ...(stopped === undefined ? {} : { stopped }),
    unchanged: fields.unchanged === '1',
    ...(fields.undone === '1' ? { undone: note } : {}),
    value: value.subarray(0, outputCap + 1),
    cut: { out: fields.outcut === '1', err: fields.errcut === '1' },
    bytes: { out: at.out, err: at.err },
  };
}
