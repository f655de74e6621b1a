/**
 * The one key under which an ask ends. Whoever records operator.applied, refused or expired writes it under this key:
 * then the first word stands, and an ask that has expired can't strike later.
 */
export function askEndKey(ask: string): string {
  return `operator.end/${ask}`;
}

/** The point of an abort that strikes a run on its way back: it stops rolling back, where any other abort stops the way there. */
export const WAY_BACK = 'rollback';
