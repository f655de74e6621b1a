import type { HostResult } from '../../plan/outcomes.ts';
import type { AsUser, HostTask, RoundRequest, RoundWork } from '../../plan/rounds.ts';
import { type EndedAs, execAs } from '../become/asUser.ts';
import { drawMark } from '../jobs/ask.ts';
import { outputCap } from '../jobs/attemptText.ts';
import { frameReader } from '../jobs/frames.ts';
import { quoted } from '../jobs/shell.ts';
import type { ExecOptions, ExecResult, SshConnection } from '../ssh/ssh.ts';
import { connect, timeIsUp } from './connect.ts';
import { judged, resultOf } from './jobResult.ts';
import type { Round, TaskEnd } from './round.ts';
import { streamsOf } from './streams.ts';

type ExecWork = Extract<RoundWork, { kind: 'exec' }>;

/** A lost connection is tried again this often: what is asked this way only reads. */
const tries = 3;
/** Of each stream. A question that says more is not a question. */
const streamCap = 1024 * 1024;

/** A script that only asks: it is sent on stdin, nothing of it stays on the host, and it can be asked again. */
export async function execTask(
  round: Round,
  work: ExecWork,
  task: HostTask,
  cancel: boolean,
): Promise<TaskEnd> {
  const leave = await round.gate.enter();
  try {
    const result = cancel ? cancelled(round, task) : await asked(round, work, task);
    return result === 'running' ? 'running' : round.recordEnded(task, result);
  } finally {
    leave();
  }
}

function cancelled(round: Round, task: HostTask): HostResult {
  const now = round.now();
  return resultOf(
    task,
    { startedAt: now, endedAt: now },
    { outcome: 'cancelled', reason: 'stopped as asked' },
  );
}

async function asked(round: Round, work: ExecWork, task: HostTask): Promise<HostResult | 'running'> {
  const startedAt = round.now();
  const { request, parts } = round;
  const script = await round.texts.script(work.script);
  const includes = await round.texts.includes(script, round.plan);
  const end = (verdict: Parameters<typeof resultOf>[2], streams = {}) =>
    resultOf(task, { startedAt, endedAt: round.now() }, verdict, streams);
  // Who waits for a plan waits for connecting too.
  const overAt = request.probe === undefined ? Infinity : startedAt + request.timeoutMs;
  let says = '';
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    const connected = await connect(round, task, overAt - round.now());
    if (!connected.ok) {
      if (round.call.stop.aborted) return cancelled(round, task);
      if (comesAgain(round)) return 'running';
      const { transient } = connected.failure;
      return end({
        outcome: 'unreachable',
        reason: round.now() >= overAt ? noAnswer(request) : connected.failure.says,
        ...(transient ? { transient } : {}),
      });
    }
    const out: Uint8Array[] = [];
    const value: Uint8Array[] = [];
    let complete = false;
    const mark = drawMark();
    const read = frameReader(mark, (frame) => {
      if (frame.kind === 'line') complete = frame.word === 'end';
      else if (frame.of === 'out') out.push(frame.bytes);
      else if (frame.of === 'value') value.push(frame.bytes);
    });
    const limit = Math.max(1, Math.min(request.timeoutMs, overAt - round.now(), round.until - round.now()));
    const text = questionText(mark, script, includes, { ...request.env, ...task.env });
    const result = await execOn(connected.connection, task.become, text, {
      onOut: read,
      maxBytes: streamCap,
      timeoutMs: limit,
      signal: AbortSignal.any([round.call.letGo, round.call.stop]),
    });
    const answer = complete ? answeredValue(Buffer.concat(value)) : undefined;
    if (result.ended && answer !== undefined) {
      const { streams, stderr } = await kept(round, task, Buffer.concat(out), result, answer.value);
      const { findHost, budget, secrets, keeps } = round;
      const judging = { ledger: parts.ledger, secrets, keeps, findHost, script, includes, budget };
      const ended = { rc: answer.rc, unchanged: false, value: answer.value.subarray(0, outputCap + 1) };
      return end({ rc: answer.rc, ...(await judged(ended, request, stderr, judging)) }, streams);
    }
    if (result.refused !== undefined)
      return end({ outcome: 'failed', reason: round.redaction.text(result.refused) });
    if (round.call.stop.aborted) return cancelled(round, task);
    if (
      !result.ended &&
      result.failure.kind === 'timed_out' &&
      round.now() - startedAt >= request.timeoutMs
    ) {
      return end({ outcome: 'timed_out', reason: noAnswer(request) });
    }
    if (comesAgain(round)) return 'running';
    if (round.now() >= overAt) return end({ outcome: 'timed_out', reason: noAnswer(request) });
    says = result.ended ? `its shell ended with ${result.code} before it had answered` : result.failure.says;
  }
  return end({ outcome: 'unreachable', reason: says, transient: true });
}

/** Whether another call will ask again. For a plan there is one, unless this worker stops. */
function comesAgain(round: Round): boolean {
  return round.request.probe === undefined ? timeIsUp(round) : round.call.letGo.aborted;
}

/** `text` goes by stdin, to a shell of whoever it is. */
function execOn(
  connection: SshConnection,
  as: AsUser | undefined,
  text: string,
  options: Omit<ExecOptions, 'stdin' | 'onErr'>,
): Promise<EndedAs> {
  if (as !== undefined) return execAs(connection, as, 'exec sh', [text], options);
  return connection.exec('exec sh', { ...options, stdin: text });
}

function noAnswer({ timeoutMs }: RoundRequest): string {
  return `no answer within ${timeoutMs / 1000} s`;
}

async function kept(round: Round, task: HostTask, out: Uint8Array, result: ExecResult, value: Uint8Array) {
  const keepers = await streamsOf(round, task, false);
  await Promise.all([keepers.out.push(out), keepers.err.push(result.err)]);
  keepers.wrote(value);
  const cut = result.err.length >= streamCap;
  const streams = { out: await keepers.out.end(false), err: await keepers.err.end(cut) };
  return { streams, stderr: keepers.err.tail() };
}

/**
 * `$OUTPUT` is a pipe that the outer shell reads, so that nothing is written on the host; the exit status is the last
 * line of what comes through it. Text and environment are on stdin only, unless the script has a shell of its own.
 */
export function questionText(
  mark: string,
  script: { readonly text: string; readonly shell: string },
  includes: readonly { readonly text: string }[],
  env: { readonly [name: string]: string },
): string {
  const text = quoted([...includes.map((include) => include.text), script.text].join('\n'));
  const runs = script.shell === 'sh -eu' ? `set -eu; eval ${text}` : `exec ${script.shell} -c ${text}`;
  return [
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    'export OUTPUT=/dev/fd/9',
    'exec 7>&1',
    `printf '%sout\\n' '${mark}'`,
    `hf_value=$( ( ${runs} ) </dev/null 9>&1 >&7 7>&-; printf '\\n%s' $? )`,
    `printf '%svalue\\n%s' '${mark}' "$hf_value"`,
    `printf '%send\\n' '${mark}'`,
    '',
  ].join('\n');
}

/** Parts what a script wrote to `$OUTPUT` from its exit status. */
export function answeredValue(
  bytes: Buffer,
): { readonly value: Uint8Array; readonly rc: number } | undefined {
  const at = bytes.lastIndexOf(10);
  const rc = bytes.subarray(at + 1).toString();
  return at < 0 || !/^\d{1,3}$/.test(rc) ? undefined : { value: bytes.subarray(0, at), rc: Number(rc) };
}
