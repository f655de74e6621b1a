import type { EventData } from '../../ledger/events.ts';
import type { ProbeView } from '../api/plans.ts';
import { shownHost } from '../plans/expectations.ts';

/** What a host said, as the API tells it. */
export function probeView({ step, of, result }: EventData['probe.ended']): ProbeView {
  const { outcome, outputs, stored } = result;
  const holds = outcome === 'succeeded' || outcome === 'unchanged';
  const says = result.reason ?? (of === 'done' ? 'done already' : 'answers');
  const large = Object.entries(stored ?? {}).map(([name, { bytes }]) => [name, `(${bytes} bytes)`] as const);
  const all = { ...outputs, ...Object.fromEntries(large) };
  return {
    path: step,
    host: shownHost(result.host) ?? '',
    of,
    outcome: of === 'done' && holds ? 'unchanged' : outcome,
    // Without an exit status, or one of HTTP, the question itself could not be put.
    says: of === 'done' && outcome === 'failed' && result.rc !== undefined ? `not done yet: ${says}` : says,
    ...(Object.keys(all).length > 0 ? { outputs: all } : {}),
  };
}
