import type { Entry } from '../../ledger/events.ts';
import type { Digest, HostName, RunId } from '../../plan/ids.ts';
import { ask, drawMark } from '../jobs/ask.ts';
import type { Place } from '../jobs/attemptText.ts';
import { closeText } from '../jobs/closeText.ts';
import type { Call, RoundsParts } from './context.ts';
import { Gate } from './gate.ts';
import type { Texts } from './texts.ts';

/** A host that can't be had in this time keeps its directory. Milliseconds. */
const connectWithinMs = 10_000;
const askWithinMs = 20_000;
const hostsAtOnce = 32;

export type CloseRequest = {
  readonly run: RunId;
  readonly epoch: number;
  readonly plan: Digest;
  /** The hosts of this zone are closed: another's are out of this worker's reach. */
  readonly zone: string;
};

/** The hosts whose directory may still be there: one isn't reached, or something of the run may live on it. */
export type CloseAnswer = { readonly left: readonly HostName[] };

/**
 * Removes what a run that has ended keeps on its hosts. Best effort, and may be called again: a host that is left has a
 * directory of a few kilobytes and no harm in it. Where an attempt has no end or an unknown one that nobody has settled,
 * the directory stays, as it is what a person would look at.
 */
export async function closeRun(
  request: CloseRequest,
  parts: Pick<RoundsParts, 'ledger' | 'pool'>,
  texts: Texts,
  call: Call,
): Promise<CloseAnswer> {
  const [plan, entries] = await Promise.all([
    texts.plan(request.plan),
    parts.ledger.read({
      run: request.run,
      kinds: ['place.chosen', 'attempt.started', 'attempt.ended', 'unknown.resolved', 'run.ended'],
    }),
  ]);
  const hosts = placesOf(entries).flatMap(({ host: name, ...place }) => {
    const host = plan.hosts.get(name);
    return host?.zone === request.zone ? [{ host, place }] : [];
  });
  if (!entries.some((entry) => entry.kind === 'run.ended'))
    return { left: hosts.map(({ host }) => host.name) };
  const open = hostsWithOpenAttempts(entries);
  const gate = new Gate(hostsAtOnce);
  const left = await Promise.all(
    hosts.map(async ({ host, place }) => {
      if (open.has(host.name)) return [host.name];
      const leave = await gate.enter();
      try {
        const signal = AbortSignal.any([call.letGo, call.stop, AbortSignal.timeout(connectWithinMs)]);
        const connected = await parts.pool.connect(host, signal);
        if (!connected.ok) return [host.name];
        const mark = drawMark();
        const answer = await ask(
          connected.connection,
          mark,
          closeText({ mark, place, epoch: request.epoch }),
          {
            onFrame: () => {},
            timeoutMs: askWithinMs,
            signal: call.letGo,
          },
        );
        return answer.ok && answer.fields.left === '' ? [] : [host.name];
      } finally {
        leave();
      }
    }),
  );
  return { left: left.flat() };
}

function placesOf(entries: readonly Entry[]): readonly (Place & { readonly host: HostName })[] {
  return entries.flatMap((entry) => (entry.kind === 'place.chosen' ? [entry.data] : []));
}

/** Hosts on which an attempt was started and has no end, or an unknown one that nobody has settled. */
export function hostsWithOpenAttempts(entries: readonly Entry[]): ReadonlySet<HostName> {
  const open = new Map<string, HostName>();
  for (const { kind, data } of entries) {
    if (kind === 'attempt.started') {
      if (data.job !== undefined) open.set(`${data.step} ${data.host} ${data.generation}`, data.host);
    } else if (kind === 'attempt.ended') {
      const { host, generation, outcome } = data.result;
      const key = `${data.step} ${host} ${generation}`;
      if (outcome === 'unknown') open.set(key, host);
      else open.delete(key);
    } else if (kind === 'unknown.resolved') {
      open.delete(`${data.step} ${data.host} ${data.generation}`);
    }
  }
  return new Set(open.values());
}
