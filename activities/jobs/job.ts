import { execAs } from '../become/asUser.ts';
import type { SshConnection, SshFailure } from '../ssh/ssh.ts';
import { ask, decidedBy, drawMark, type Fields, seenIn } from './ask.ts';
import { outputCap } from './attemptText.ts';
import { type JobEnd, type JobHooks, type JobSpec, jobLimits, type Sighting } from './jobSpec.ts';
import { stopText, sweepAs } from './stopText.ts';
import { oneTurn, replyWithin } from './turn.ts';

/** With the waits between them some twenty seconds, which a host under load may need to start a shell. */
const LAUNCHES = 9;
const NEVER_STARTED = { why: 'the job was never started on the host', transient: false } as const;
const CANT_START = {
  why: "the host can't start the job's supervisor; nothing was started",
  transient: true,
} as const;

/**
 * Starts a job, or finds it, and follows it until it has ended, `until` has come, or it is let go.
 * Safe to call again at any time, from anywhere, also at the same time: the host decides who starts.
 */
export async function followJob(spec: JobSpec, hooks: JobHooks): Promise<JobEnd> {
  const { clock } = hooks;
  const at = { out: spec.from.out, err: spec.from.err };
  let launched = false;
  let alone = spec.alone;
  /** Why nothing is to be started any more. Said once it is proven that nothing was: `go` is taken, by us. */
  let refusal: { readonly why: string; readonly transient: boolean } | undefined;
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
        await sweepOthers(connected.connection, spec, hooks, answer.fields.sessions ?? '', signal);
        stopping.signalAt = clock.now() + (signal === 'TERM' ? jobLimits.grace : jobLimits.again);
        stopping.signal = 'KILL';
      }
    }

    const claim = refusal !== undefined;
    const launch = spec.material !== undefined && !launched && !claim && stopping === undefined;
    await hooks.watch?.(claim ? { at: 'claims' } : { at: 'sends', launches: launch });
    const turn = await oneTurn(connected.connection, spec, hooks, {
      at,
      material: launch ? spec.material?.(resend) : undefined,
      claim,
      waitMs: waitFor(hooks, deadline, stopping?.signalAt),
      interrupt: stopping === undefined ? AbortSignal.any([hooks.letGo, hooks.stop]) : hooks.letGo,
    });
    if (!turn.answer.ok) {
      await hooks.watch?.({ at: 'lost', sent: turn.answer.sent });
      if (launch && turn.answer.sent) alone = false;
      if (hooks.letGo.aborted) return { kind: 'running' };
      if (hooks.stop.aborted && stopping === undefined) continue;
      const gone = lostFor(hooks, turn.answer.failure);
      if (gone !== undefined) return gone;
      await clock.sleep(Math.min(pause, Math.max(hooks.until - clock.now(), 0)), hooks.letGo);
      pause = Math.min(pause * 2, 5_000);
      continue;
    }
    if (!claim) hooks.lost.since = 0;
    hooks.attached?.(turn.wrote);
    if (!claim) pause = 100;
    const { fields } = turn.answer;
    const decision = decidedBy(fields, spec.recorded);
    await hooks.watch?.({
      at: 'answered',
      seen: seenIn(fields),
      act: decision.act,
      why: fields.why ?? '',
    });
    switch (decision.act) {
      case 'done':
        if (turn.full) continue;
        return ended(decision.rc, fields, turn.value, turn.note, at);
      case 'follow': {
        launched = true;
        refusal = undefined;
        const age = Number(fields.age ?? Number.NaN);
        if (!Number.isNaN(age)) deadline = clock.now() - age * 10 + spec.timeoutMs;
        continue;
      }
      case 'never':
        if (refusal === undefined || stopping !== undefined) return { kind: 'never' };
        return { kind: 'refused', ...refusal };
      case 'unknown':
        return {
          kind: 'unknown',
          evidence: decision.evidence,
          ...sighting(fields, spec.recorded.boot, clock.now()),
        };
      case 'refuse':
        if (fields.why === 'library' && !resend) {
          resend = true;
          continue;
        }
        // This attempt has started nothing, but an earlier one may yet do what the step does.
        if (seenIn(fields).olderLives) {
          const seen = sighting(fields, spec.recorded.boot, clock.now());
          return { kind: 'unknown', evidence: decision.evidence, ...seen, sessionLives: true };
        }
        refusal ??= { why: decision.evidence, transient: fields.why === 'space' };
        // A newer walk has the same job: its `go` is not ours to take, and the ledger takes no word of ours any more.
        if (fields.newer === '1') return { kind: 'refused', ...refusal };
        break;
      case 'start':
      case 'supervise':
        launched = false;
        // A supervisor that was launched may be slow, and take `go` yet.
        if (launch) alone = false;
        if (spec.material === undefined || stopping !== undefined) refusal ??= NEVER_STARTED;
        else if (!claim && ++tries > LAUNCHES) refusal = CANT_START;
        else if (!claim) await clock.sleep(waitBefore(tries), hooks.letGo);
        break;
    }
    if (!claim) continue;
    // Nor can `go` be made. Where no launch can be under way there is nothing to prove.
    if (alone && refusal !== undefined) return { kind: 'refused', ...refusal };
    const says = `${refusal?.why ?? ''}, but whether an earlier launch started it can't be told`;
    const gone = lostFor(hooks, { kind: 'lost', transient: true, says });
    if (gone !== undefined) return gone;
    await clock.sleep(Math.min(pause, Math.max(hooks.until - clock.now(), 0)), hooks.letGo);
    pause = Math.min(pause * 2, 5_000);
  }
}

/** What runs as another user takes no signal from the login user. */
async function sweepOthers(
  connection: SshConnection,
  spec: JobSpec,
  hooks: JobHooks,
  sessions: string,
  signal: 'TERM' | 'KILL',
): Promise<void> {
  if (spec.users === undefined || sessions === '') return;
  for (const user of await spec.users()) {
    await execAs(connection, user, 'exec sh', [sweepAs(sessions, signal)], {
      timeoutMs: replyWithin(hooks, 0),
      signal: hooks.letGo,
    });
  }
}

function waitBefore(launch: number): number {
  return Math.min(100 * 2 ** (launch - 1), jobLimits.relaunch);
}

function waitFor(hooks: JobHooks, deadline: number | undefined, signalAt: number | undefined): number {
  const ends = [hooks.until, deadline, signalAt].filter((end) => end !== undefined);
  return Math.max(0, Math.min(jobLimits.poll, ...ends.map((end) => end - hooks.clock.now())));
}

/** Nothing more can be asked for now; after `reattach` the outcome is unknown. */
function lostFor(hooks: JobHooks, failure: SshFailure): JobEnd | undefined {
  const now = hooks.clock.now();
  if (hooks.lost.since === 0) hooks.lost.since = now;
  hooks.lost.why = failure.says;
  const lasting = now - hooks.lost.since >= jobLimits.reattach;
  if (!lasting && failure.transient) return undefined;
  return {
    kind: 'unknown',
    evidence: `a launch was recorded and the host can't be asked what became of it: ${failure.says}`,
    trace: { lostSince: hooks.lost.since },
  };
}

/** What the host saw. Its sessions were looked for only where it still has the run's directory, and did what was due. */
function sighting(fields: Fields, launched: string | undefined, askedAt: number): Sighting {
  const { place, boot, sessionLives } = seenIn(fields);
  const looked = place === 'intact' && fields.act === 'unknown';
  const session = Number(fields.who);
  return {
    ...(looked ? { sessionLives } : {}),
    trace: {
      askedAt,
      boot: { ...(launched === undefined ? {} : { launched }), now: boot },
      ...(fields.who && Number.isSafeInteger(session) ? { session } : {}),
    },
  };
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
    ...(fields.refused === '1' ? { refused: note } : {}),
    value: value.subarray(0, outputCap + 1),
    cut: { out: fields.outcut === '1', err: fields.errcut === '1' },
    bytes: { out: at.out, err: at.err },
  };
}
