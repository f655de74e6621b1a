import type { HostFinder } from '../../plan/expressions/encoding.ts';
import type { HostResult, StreamEnd } from '../../plan/outcomes.ts';
import type { HostTask, RoundRequest } from '../../plan/rounds.ts';
import type { Keeps } from '../../plan/sensitive.ts';
import { type JobScript, outputCap } from '../jobs/attemptText.ts';
import type { JobEnd } from '../jobs/jobSpec.ts';
import { declaredOutputs, type Keeping, keepOutputs, type Parsed, parseOutput } from './outputs.ts';
import { lastLine, type Sourced, shellComplaint } from './reason.ts';

/** sysexits.h: EX_TEMPFAIL, `temporary failure; user is invited to retry`. */
const tempFail = 75;

/** Of what a sensitive step said. */
export const NOT_KEPT = 'what it said is not kept, as the step is sensitive';

export type Ended = Extract<JobEnd, { kind: 'ended' }>;

export type ResultParts = Keeping & {
  /** What of the script's words may stand in a reason. */
  readonly keeps: Keeps;
  readonly findHost: HostFinder;
  readonly script: JobScript;
  readonly includes: readonly Sourced[];
};

type Verdict = Pick<HostResult, 'outcome' | 'reason' | 'place' | 'outputs' | 'stored' | 'transient'>;

/** What a script that has ended means: its exit status, what it left on stderr, and its outputs as declared. */
export async function judged(
  ended: Pick<Ended, 'rc' | 'stopped' | 'unchanged' | 'undone' | 'value'>,
  request: RoundRequest,
  stderr: string,
  parts: ResultParts,
): Promise<Verdict> {
  const { rc } = ended;
  const { masking } = parts.secrets;
  if (ended.stopped !== undefined && (rc !== 0 || ended.undone !== undefined)) {
    const reason =
      ended.stopped === 'timed_out' ? `stopped after ${request.timeoutMs / 1000} s` : 'stopped as asked';
    return { outcome: ended.stopped, reason };
  }
  if (rc !== 0) return failedScript(rc, stderr, parts);
  if (ended.undone !== undefined) {
    const { work } = request;
    const within = work.kind === 'job' ? (work.done?.withinMs ?? 0) / 1000 : 0;
    const waits = work.kind === 'job' && work.waits === true;
    const said = parts.keeps === 'nothing' ? undefined : lastLine(masking.text(ended.undone));
    const what = waits ? 'it did not come to hold' : 'the script ended well, but its done did not hold';
    const reason = `${what} within ${within} s${said === undefined ? '' : `: ${said}`}`;
    return { outcome: 'failed', reason };
  }
  if (ended.value.length > outputCap) {
    return { outcome: 'failed', reason: `more than ${outputCap / 1024} KiB were written to $OUTPUT` };
  }
  const text = textOf(ended.value);
  // Where something is to be sealed each output is masked by itself: a sensitive one would be sealed with the mask.
  const parsed = parseOutput(parts.keeps === 'all' ? masking.text(text) : text);
  if (!parsed.ok) return { outcome: 'failed', reason: complaintOf(parsed, parts) };
  const own = new Map(
    [...parsed.values].map(([name, value]) => [
      name,
      request.outputs[name]?.sensitive === true ? value : masking.text(value),
    ]),
  );
  const outputs = declaredOutputs(request.outputs, own, parts.findHost);
  if (!outputs.ok) return { outcome: 'failed', reason: outputs.message };
  const kept = await keepOutputs(outputs.values, request.outputs, parts);
  return { outcome: ended.unchanged ? 'unchanged' : 'succeeded', ...kept };
}

/** What a script has written to `$OUTPUT`, as text. */
export function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}

/** What is there instead of an output may be a part of a sensitive one. */
function complaintOf({ message, said }: Extract<Parsed, { ok: false }>, parts: ResultParts): string {
  return said === undefined || parts.keeps !== 'all'
    ? message
    : `${message}: ${parts.secrets.masking.text(said)}`;
}

function failedScript(rc: number, stderr: string, parts: ResultParts): Verdict {
  const transient = rc === tempFail ? ({ transient: true } as const) : {};
  if (parts.keeps === 'nothing')
    return { outcome: 'failed', reason: `exit status ${rc}; ${NOT_KEPT}`, ...transient };
  const line = lastLine(stderr);
  const complaint = line === undefined ? undefined : shellComplaint(line, parts.script, parts.includes);
  const silent =
    rc > 128 && rc < 160
      ? `ended by signal ${rc - 128}`
      : `exit status ${rc}, and nothing on stderr${parts.keeps === 'all' ? '' : ' that may be kept'}`;
  return {
    outcome: 'failed',
    reason: complaint?.says ?? line ?? silent,
    ...(complaint === undefined ? {} : { place: complaint.place }),
    ...transient,
  };
}

/** What every result says besides its verdict. */
export function resultOf(
  task: HostTask,
  times: { readonly startedAt: number; readonly endedAt: number },
  verdict: Verdict & Pick<HostResult, 'rc' | 'evidence' | 'sessionLives' | 'trace'>,
  streams: { readonly out?: StreamEnd | undefined; readonly err?: StreamEnd | undefined } = {},
): HostResult {
  return {
    host: task.host,
    generation: task.generation,
    ...verdict,
    ...(streams.out === undefined ? {} : { out: streams.out }),
    ...(streams.err === undefined ? {} : { err: streams.err }),
    startedAt: times.startedAt,
    endedAt: times.endedAt,
  };
}
