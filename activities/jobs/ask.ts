import { randomBytes } from 'node:crypto';
import type { SshConnection, SshFailure } from '../ssh/ssh.ts';
import type { Decision, Recorded, Seen } from './decide.ts';
import { decide } from './decide.ts';
import { type Frame, frameReader } from './frames.ts';

/** A mark that no output can hold by accident or on purpose. */
export function drawMark(): string {
  return `@${randomBytes(16).toString('hex')} `;
}

export type Fields = { readonly [name: string]: string };

export type Answer =
  /** `fields` are those of the last control line, which every program ends with. */
  | { readonly ok: true; readonly word: string; readonly fields: Fields }
  /** `sent`: the text may have reached the host, and may have been acted upon. */
  | { readonly ok: false; readonly sent: boolean; readonly failure: SshFailure };

/** Sends one program and hands on its frames as they come. Never throws for what host or network do. */
export async function ask(
  connection: SshConnection,
  mark: string,
  text: string,
  options: {
    readonly onFrame: (frame: Frame) => void;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
  },
): Promise<Answer> {
  let last: { word: string; fields: Fields } | undefined;
  const read = frameReader(mark, (frame) => {
    // A line of no meaning: a reader that looks for a mark holds back as many bytes as that is long.
    if (frame.kind === 'line' && frame.word === 'pad') return;
    if (frame.kind === 'line') last = { word: frame.word, fields: frame.fields };
    options.onFrame(frame);
  });
  const result = await connection.script(text, {
    onOut: read,
    timeoutMs: options.timeoutMs,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!result.ended) return { ok: false, sent: result.sent, failure: result.failure };
  if (last === undefined || last.word === 'launched') {
    const said = Buffer.from(result.err).toString().trim().split('\n').at(-1) ?? '';
    return {
      ok: false,
      sent: true,
      failure: {
        kind: 'lost',
        transient: true,
        says: `the host's shell ended with ${result.code} before it had answered${said === '' ? '' : `: ${said}`}`,
      },
    };
  }
  return { ok: true, word: last.word, fields: last.fields };
}

/** What the program saw, from its last control line. */
export function seenIn(fields: Fields): Seen {
  const job = fields.job;
  const place = fields.place;
  return {
    place: place === 'missing' || place === 'other' ? place : 'intact',
    newerEpoch: fields.newer === '1',
    boot: fields.boot ?? '',
    job: job === 'known' || job === 'taken' ? job : 'absent',
    rc: fields.rc === undefined || fields.rc === '' ? undefined : Number(fields.rc),
    never: fields.never === '1',
    supervisorLives: fields.sup === '1',
    sessionLives: fields.ses === '1',
    olderLives: fields.old === '1',
  };
}

/** The host has decided; what it saw must lead to the same here, or the two have come apart and nothing is believed. */
export function decidedBy(fields: Fields, recorded: Recorded): Decision {
  const why = fields.why ?? '';
  if (fields.act === 'refuse' && why !== '') return { act: 'refuse', evidence: refusal(why) };
  const decision = decide(seenIn(fields), recorded);
  if (decision.act === fields.act) return decision;
  return { act: 'unknown', evidence: `the host did ${fields.act} where ${decision.act} was due` };
}

function refusal(why: string): string {
  switch (why) {
    case 'space':
      return "the run's directory on the host can't be written (is the disk full?); nothing was started";
    case 'setsid':
      return 'the host has no setsid (util-linux, busybox) and no perl to stand in for it; nothing was started';
    case 'library':
      return 'a shell file that was sent before is no longer on the host; nothing was started';
    default:
      return `the host refused: ${why}; nothing was started`;
  }
}
