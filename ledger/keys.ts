/**
 * The one key under which an ask ends. Whoever records operator.applied, refused or expired writes it under this key:
 * then the first word stands, and an ask that has expired can't strike later.
 */
export function askEndKey(ask: string): string {
  return `operator.end/${ask}`;
}
