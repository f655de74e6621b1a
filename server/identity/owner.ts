import { userInfo } from 'node:os';
import type { Actor } from '../../plan/operator.ts';

/** Embedded, everything is done in the name of the system's user whose processes these are. */
export function owner(): Actor {
  return { kind: 'person', subject: userInfo().username, issuer: 'local' };
}
