import { randomBytes } from 'node:crypto';
import type { RunId } from '../../plan/ids.ts';
import type { SshConnection, SshFailure } from '../ssh/ssh.ts';
import { ask, drawMark } from './ask.ts';
import type { Place } from './attemptText.ts';
import { placeText } from './placeText.ts';

export type Chosen =
  | { readonly ok: true; readonly place: Place; readonly memory: boolean; readonly boot: string }
  | { readonly ok: false; readonly why: string; readonly transient: boolean };

/**
 * Chooses a directory for the run's jobs and writes a random token in it. Only for a run that has none recorded on this
 * host: what is recorded is used for ever. When two workers choose at once, the ledger tells whose choice stands; where
 * they chose the same directory both tokens are in it.
 */
export async function choosePlace(
  connection: SshConnection,
  request: { readonly run: RunId; readonly epoch: number; readonly host: string; readonly timeoutMs: number },
): Promise<Chosen> {
  const mark = drawMark();
  const token = randomBytes(16).toString('hex');
  const said: Uint8Array[] = [];
  let chosen: { readonly memory: boolean; readonly boot: string } | undefined;
  const answer = await ask(
    connection,
    mark,
    placeText({ mark, run: request.run, token, epoch: request.epoch }),
    {
      timeoutMs: request.timeoutMs,
      onFrame: (frame) => {
        if (frame.kind === 'bytes') said.push(frame.bytes);
        else if (frame.word === 'place')
          chosen = { memory: frame.fields.memory === '1', boot: frame.fields.boot ?? '' };
      },
    },
  );
  if (!answer.ok) return { ok: false, why: lostWhy(answer.failure), transient: answer.failure.transient };
  const path = Buffer.concat(said).toString();
  if (chosen !== undefined) return { ok: true, place: { directory: path, token }, ...chosen };
  return {
    ok: false,
    why: `${request.host} has no room for jobs: ${path === '' ? '$HOME is not set, and' : `${path}/.holdfast can't be written (is the disk full?), and`} no place in memory lasts beyond a session there`,
    transient: false,
  };
}

/** The boot id of a host: one cheap exec. */
export async function askBoot(
  connection: SshConnection,
  timeoutMs: number,
): Promise<
  { readonly ok: true; readonly boot: string } | { readonly ok: false; readonly failure: SshFailure }
> {
  const mark = drawMark();
  const text = `read -r hf_boot </proc/sys/kernel/random/boot_id; printf '%sboot boot=%s\\n' '${mark}' "$hf_boot"\n`;
  const answer = await ask(connection, mark, text, { timeoutMs, onFrame: () => {} });
  return answer.ok ? { ok: true, boot: answer.fields.boot ?? '' } : { ok: false, failure: answer.failure };
}

function lostWhy(failure: SshFailure): string {
  return `no place for jobs could be chosen: ${failure.says}`;
}
