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
  /** As `attempt.started` has it, which is committed. */
  readonly recorded: { readonly boot: string | undefined };
  readonly older: readonly string[];
  readonly timeoutMs: number;
  /** What a launch needs. `resend` asks for all texts, as the host has lost some. Left out: never launch. */
  readonly material?: (resend: boolean) => Material;
  /** How far each stream is stored. */
  readonly from: { readonly out: number; readonly err: number };
};

export type JobHooks = {
  connect(): Promise<Connected>;
  /** Bytes of a stream from an offset on, in order, at most once an exec. Resolves when stored; the next exec begins after that. */
  store(stream: 'out' | 'err', offset: number, bytes: Uint8Array): Promise<void>;
  /** Called once the host has answered: what is left is waiting. */
  attached?(): void;
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
  | { readonly kind: 'running' };

/**
 * Starts a job, or finds it, and follows it until it has ended, `until` has come, or it is let go.
 * Safe to call again at any time, from anywhere, also at the same time: the host decides who starts.
 */
export async function followJob(spec: JobSpec, hooks: JobHooks): Promise<JobEnd> {
  const { clock } = hooks;
  const at = { out: spec.from.out, err: spec.from.err };
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
      if (hooks.letGo.aborted || clock.now() >= hooks.until) return { kind: 'running' };
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
        { onFrame: () => {}, timeoutMs: replyWithin(hooks, 0), signal: hooks.letGo },
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
      material: launch ? spec.material?.(resend) : undefined,
      waitMs: waitFor(hooks, deadline, stopping?.signalAt),
      interrupt: stopping === undefined ? AbortSignal.any([hooks.letGo, hooks.stop]) : hooks.letGo,
    });
    if (!turn.answer.ok) {
      if (hooks.letGo.aborted) return { kind: 'running' };
      if (hooks.stop.aborted && stopping === undefined) continue;
      const gone = lostFor(hooks, turn.answer.failure);
      if (gone !== undefined) return gone;
      await clock.sleep(Math.min(pause, Math.max(hooks.until - clock.now(), 0)), hooks.letGo);
      pause = Math.min(pause * 2, 5_000);
      continue;
    }
    hooks.lost.since = 0;
    hooks.attached?.();
    pause = 100;
    const { fields } = turn.answer;
    const decision = decidedBy(fields, spec.recorded);
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

/** A host that swallows what it is sent must not keep this call beyond its own limit. */
function replyWithin(hooks: JobHooks, waitMs: number): number {
  return Math.max(100, Math.min(waitMs + jobLimits.reply, hooks.until - hooks.clock.now() + 200));
}

/** Nothing more can be asked for now; after `reattach` the outcome is unknown. */
function lostFor(hooks: JobHooks, failure: SshFailure): JobEnd | undefined {
  const now = hooks.clock.now();
  if (hooks.lost.since === 0) hooks.lost.since = now;
  const lasting = now - hooks.lost.since >= jobLimits.reattach;
  if (!lasting && failure.transient) return undefined;
  return {
    kind: 'unknown',
    evidence: `a launch was recorded and the host can't be asked what became of it: ${failure.says}`,
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
    readonly material: Material | undefined;
    readonly waitMs: number;
    readonly interrupt: AbortSignal;
  },
): Promise<Turn> {
  const mark = drawMark();
  const value: Uint8Array[] = [];
  const note: Uint8Array[] = [];
  const got: { readonly [stream in 'out' | 'err']: Uint8Array[] } = { out: [], err: [] };
  let launched = false;
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
    else got[frame.of].push(frame.bytes);
  }

  const answer = await ask(
    connection,
    mark,
    attemptText({
      mark,
      place: spec.place,
      epoch: spec.epoch,
      job: spec.job,
      recorded: spec.recorded,
      older: spec.older,
      from: { out: turn.at.out, err: turn.at.err },
      ...(turn.material === undefined ? {} : { material: turn.material }),
      waitMs: turn.waitMs,
    }),
    { onFrame, timeoutMs: replyWithin(hooks, turn.waitMs), signal: turn.interrupt },
  );
  clearTimeout(attach);
  const out = Buffer.concat(got.out);
  const err = Buffer.concat(got.err);
  await Promise.all([
    out.length > 0 ? hooks.store('out', turn.at.out, out) : undefined,
    err.length > 0 ? hooks.store('err', turn.at.err, err) : undefined,
  ]);
  turn.at.out += out.length;
  turn.at.err += err.length;
  return {
    answer,
    launched,
    full: out.length >= pieceBytes || err.length >= pieceBytes,
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
