import { drawMark } from '../../activities/jobs/ask.ts';
import { frameReader } from '../../activities/jobs/frames.ts';
import { answeredValue, questionText } from '../../activities/rounds/execTask.ts';
import { parseOutput } from '../../activities/rounds/outputs.ts';
import type { SshPool } from '../../activities/ssh/ssh.ts';
import type { PlanHost } from '../../plan/plan.ts';
import type { ProbeView } from '../api/plans.ts';
import type { Question } from './questions.ts';

export type Texts = (digest: string) => string | undefined;

const MOST_BYTES = 256 * 1024;

/** Puts one question to a host: one exec with everything on stdin, nothing left on the host. */
export async function askHost(
  ssh: SshPool,
  host: PlanHost,
  question: Question,
  texts: Texts,
  limitMs: number,
): Promise<ProbeView> {
  const { path, of, script } = question;
  const about = { path, host: host.name, of };
  const text = texts(script.sha256);
  const includes = script.includes.flatMap((digest) => texts(digest) ?? []).map((text) => ({ text }));
  if (text === undefined) return { ...about, outcome: 'unknown', says: 'its script is not in the plan' };
  const connected = await ssh.connect(host);
  if (!connected.ok) return { ...about, outcome: 'unreachable', says: connected.failure.says };

  const mark = drawMark();
  const value: Uint8Array[] = [];
  const read = frameReader(mark, (frame) => {
    if (frame.kind === 'bytes' && frame.of === 'value') value.push(frame.bytes);
  });
  const result = await connected.connection.exec('exec sh', {
    stdin: questionText(mark, { text, shell: script.shell }, includes, question.env),
    onOut: read,
    maxBytes: MOST_BYTES,
    timeoutMs: Math.min(limitMs, question.timeoutMs ?? limitMs),
  });
  if (!result.ended) {
    const outcome = result.failure.kind === 'timed_out' ? 'timed_out' : 'unreachable';
    return { ...about, outcome, says: result.failure.says };
  }
  const answer = answeredValue(Buffer.concat(value));
  if (!answer) return { ...about, outcome: 'unknown', says: 'it did not answer to the end' };
  return { ...about, ...verdict(of, answer.rc, answer.value, result.err) };
}

type Verdict = Pick<ProbeView, 'outcome' | 'says' | 'outputs'>;

function verdict(of: Question['of'], rc: number, value: Uint8Array, err: Uint8Array): Verdict {
  if (rc !== 0) {
    const last = new TextDecoder().decode(err).trimEnd().split('\n').at(-1) ?? '';
    const why = last === '' ? `exit status ${rc}` : last;
    return of === 'done'
      ? { outcome: 'failed', says: `not done yet: ${why}` }
      : { outcome: 'failed', says: why };
  }
  const parsed = parseOutput(new TextDecoder().decode(value));
  const outputs = parsed.ok && parsed.values.size > 0 ? { outputs: Object.fromEntries(parsed.values) } : {};
  return of === 'done'
    ? { outcome: 'unchanged', says: 'done already', ...outputs }
    : { outcome: 'succeeded', says: 'answers', ...outputs };
}
