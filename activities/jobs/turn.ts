import type { SshConnection } from '../ssh/ssh.ts';
import { ask, drawMark } from './ask.ts';
import { attemptText, type Material, pieceBytes } from './attemptText.ts';
import type { Frame } from './frames.ts';
import { type JobHooks, type JobSpec, jobLimits } from './jobSpec.ts';

/** A host that swallows what it is sent must not keep this call beyond its own limit. */
export function replyWithin(hooks: JobHooks, waitMs: number): number {
  return Math.max(100, Math.min(waitMs + jobLimits.reply, hooks.until - hooks.clock.now() + 200));
}

type Turn = {
  readonly answer: Awaited<ReturnType<typeof ask>>;
  /** The texts of a launch are on the host. */
  readonly wrote: boolean;
  /** A stream gave as much as one exec may: there is more. */
  readonly full: boolean;
  readonly value: Uint8Array;
  readonly note: string;
};

/** One exec that looks at the job and does what its look allows; its output is stored before this resolves. */
export async function oneTurn(
  connection: SshConnection,
  spec: JobSpec,
  hooks: JobHooks,
  turn: {
    readonly at: { out: number; err: number };
    readonly material: Material | undefined;
    readonly claim: boolean;
    readonly waitMs: number;
    readonly interrupt: AbortSignal;
  },
): Promise<Turn> {
  const mark = drawMark();
  const value: Uint8Array[] = [];
  const note: Uint8Array[] = [];
  const got: { readonly [stream in 'out' | 'err']: Uint8Array[] } = { out: [], err: [] };
  let attach: ReturnType<typeof setTimeout> | undefined;
  let wrote = false;

  function onFrame(frame: Frame): void {
    if (frame.kind === 'line') {
      if (frame.word !== 'launched') return;
      wrote = true;
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
      claim: turn.claim,
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
    wrote,
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
