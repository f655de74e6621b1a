/** Workflows, and activities on hosts of the default zone. */
export const MAIN_QUEUE = 'holdfast';
/** Followers of long jobs: a queue and slots of their own, so that they never starve the start of something short. */
export const FOLLOW_QUEUE = 'holdfast-follow';
export const DEFAULT_ZONE = 'default';

/** The task queue whose workers reach a zone's hosts. */
export function queueOfZone(zone: string): string {
  return zone === DEFAULT_ZONE ? MAIN_QUEUE : `${MAIN_QUEUE}-${zone}`;
}
