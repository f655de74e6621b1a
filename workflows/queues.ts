/** Hosts of this zone are served by the queue that runs the workflows themselves. */
export const DEFAULT_ZONE = 'default';

/** Task queue of a zone's workers. Workflows run on the default zone's. */
export function zoneQueue(zone: string): string {
  return zone === DEFAULT_ZONE ? 'holdfast' : `holdfast-${zone}`;
}

/** Long jobs are followed on a queue of their own, so that they don't starve a zone's short rounds. */
export function followQueue(zone: string): string {
  return `${zoneQueue(zone)}-follow`;
}
