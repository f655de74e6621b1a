import { digest, hostName, runId, stepInstance } from '../plan/ids.ts';
import type { EventData, EventKind, PendingEntry } from './events.ts';

/** Entries as tests want them: complete, small, told apart by what the test says. */
export const RUN = runId('run-1');
export const PERSON = { kind: 'person', subject: 'ada', issuer: 'local' } as const;

/** Any entry of the run. The key is made of kind and `id`. */
export function anEntry<K extends EventKind>(kind: K, id: string, data: EventData[K]): PendingEntry {
  return {
    key: `${RUN}/${kind}/${id}`,
    run: RUN,
    epoch: 1,
    actor: { kind: 'engine' },
    kind,
    data,
  } as PendingEntry;
}

export function requestedRun(run = RUN): PendingEntry {
  const data = { plan: digest('d'), runbook: 'etcd/rebuild', inputs: { size: 3 }, reason: 'quorum lost' };
  return { ...anEntry('run.requested', '1', data), run, key: `${run}/requested`, actor: PERSON };
}

export function aStep(id: string, over: Partial<EventData['step.started']> = {}): PendingEntry {
  return anEntry('step.started', id, {
    step: stepInstance(id),
    title: `Step ${id}`,
    hosts: [hostName('h1')],
    ...over,
  });
}
