import { randomBytes } from 'node:crypto';
import { HoldfastError } from '../../plan/errors.ts';
import { fillSecrets, secretsIn } from '../../plan/expressions/text.ts';
import type { Digest } from '../../plan/ids.ts';
import type { AsUser, HostTask } from '../../plan/rounds.ts';
import { refusal } from '../become/refusal.ts';
import type { Material } from '../jobs/attemptText.ts';
import { becomeDigest, becomeText } from '../jobs/becomeText.ts';
import type { Round } from './round.ts';

/** What a launch needs where a program of the job runs as another user. */
export function becomeMaterial({ become, doneBecome }: HostTask): Pick<Material, 'become'> {
  if (become === undefined && doneBecome === undefined) return {};
  return {
    become: {
      ...(become === undefined ? {} : { script: become }),
      ...(doneBecome === undefined ? {} : { done: doneBecome }),
      secret: randomBytes(16).toString('hex'),
    },
  };
}

/** The host's side of it, a shell file as the included ones are. */
export function becomeLibrary({ become, doneBecome }: HostTask): readonly (readonly [Digest, string])[] {
  return become === undefined && doneBecome === undefined ? [] : [[becomeDigest, becomeText]];
}

/**
 * The users whose processes the job may have, with their passwords: to signal them. Throws `rounds/secret` where one can't be found:
 * without it the job can't be stopped, and it is looked for again.
 */
export async function usersOf(round: Round, { become, doneBecome }: HostTask): Promise<readonly AsUser[]> {
  const users = new Map<string, AsUser>();
  for (const as of [become, doneBecome]) {
    if (as === undefined || users.has(as.user)) continue;
    const password = as.password === undefined ? undefined : await opened(round, as.password);
    users.set(as.user, { user: as.user, ...(password === undefined ? {} : { password }) });
  }
  return [...users.values()];
}

async function opened(round: Round, text: string): Promise<string> {
  const values = new Map<string, string>();
  for (const reference of secretsIn(text)) {
    const found = await round.secrets.find(reference);
    if (!found.ok)
      throw new HoldfastError(
        'rounds/secret',
        found.says,
        'Put the secret back: the job can be stopped as soon as it is there.',
      );
    values.set(reference, found.value);
  }
  return fillSecrets(text, (reference) => values.get(reference) ?? '');
}

/** Why nothing of it ran. `said`: what was heard on stderr, of `done` where that came first. */
export function refusedText({ become, doneBecome }: HostTask, said: string): string {
  return refusal(become ?? doneBecome ?? { user: 'root' }, said);
}
