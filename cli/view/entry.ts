import type { EventData, EventKind } from '../../ledger/events.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { EntryView } from '../../server/api/ledger.ts';
import type { Paint } from '../io.ts';
import { outcomePaint, outcomeWord, symbol } from './outcome.ts';
import { actor, clock, counted, listed, padEnd, shownValue, shownValues } from './text.ts';

/**
 * An entry of the record in one line: time, step, host, outcome, reason. Undefined for entries that say nothing new to
 * who follows a run.
 */
export function entryLine(paint: Paint, entry: EntryView): string | undefined {
  const said = entryWords(paint, entry);
  if (said === undefined) return undefined;
  return [paint.dim(clock(entry.at)), ...said.filter((part) => part !== '')].join('  ').trimEnd();
}

/** A kind's data; the entry comes from the server, whose kinds are the ledger's. */
export function dataOf<K extends EventKind>(entry: EntryView, kind: K): EventData[K] | undefined {
  return entry.kind === kind ? (entry.data as unknown as EventData[K]) : undefined;
}

/** The parts of such a line behind its time. */
export function entryWords(paint: Paint, entry: EntryView): readonly string[] | undefined {
  const kind = entry.kind as EventKind;
  switch (kind) {
    case 'run.requested': {
      const data = dataOf(entry, kind);
      return data && [entry.run, data.runbook, `asked for by ${actor(entry.actor)}`, data.reason];
    }
    case 'run.started':
      return [entry.run, 'started'];
    case 'run.held': {
      const data = dataOf(entry, kind);
      return data && [data.step, data.hosts.join(','), paint.yellow('HELD'), data.why];
    }
    case 'run.paused':
      return [entry.run, paint.yellow('paused')];
    case 'rollback.started': {
      const data = dataOf(entry, kind);
      return data && [entry.run, paint.yellow('rolling back'), counted(data.steps, 'step'), data.why];
    }
    case 'run.resumed':
      return [entry.run, 'goes on'];
    case 'run.ended': {
      const data = dataOf(entry, kind);
      if (!data) return undefined;
      const colour = data.status === 'succeeded' ? paint.green : paint.red;
      return [entry.run, colour(data.status), data.why ?? '', shownValues(data.outputs ?? {})];
    }
    case 'lock.taken': {
      const names = dataOf(entry, kind)?.names ?? [];
      return names.length === 0 ? undefined : [entry.run, `locked ${names.join(' ')}`];
    }
    case 'place.chosen': {
      const data = dataOf(entry, kind);
      return data?.memory ? [data.host, `works in memory: ${data.directory}`] : undefined;
    }
    case 'step.started': {
      const data = dataOf(entry, kind);
      if (!data) return undefined;
      const hosts = data.hosts.filter((host) => host !== '@worker');
      const started = data.become === undefined ? 'started' : `started as ${data.become}`;
      return [data.step, hostsIn(hosts), started, data.title === lastOf(data.step) ? '' : data.title];
    }
    case 'attempt.ended': {
      const data = dataOf(entry, kind);
      return data && [data.step, data.result.host, ...result(paint, data.result)];
    }
    case 'generation.opened': {
      const data = dataOf(entry, kind);
      if (!data) return undefined;
      const again = data.by === 'person' ? 'again, as asked' : `again (try ${data.generation + 1})`;
      return [data.step, data.hosts.join(','), again];
    }
    case 'unknown.resolved': {
      const data = dataOf(entry, kind);
      return (
        data && [
          data.step,
          data.host,
          `${outcomeWord(data.outcome)}, says ${data.by === 'person' ? actor(entry.actor) : 'its done'}`,
        ]
      );
    }
    case 'value.set': {
      const data = dataOf(entry, kind);
      return (
        data && [data.step, data.choice === undefined ? '' : `→ ${data.choice}`, shownValues(data.values)]
      );
    }
    case 'gate.opened': {
      const data = dataOf(entry, kind);
      const word = data?.manual ? 'BY HAND' : 'GATE';
      return data && [data.step, paint.yellow(word), data.ask.replace(/\s+/g, ' ').trim()];
    }
    case 'wait.started': {
      const data = dataOf(entry, kind);
      return data && [data.step, `waits until ${clock(data.until)}`];
    }
    case 'step.ended': {
      const data = dataOf(entry, kind);
      if (!data) return undefined;
      // Each host has said its own; the whole is news where there was none, or nobody ran.
      const hosts = Object.values(data.hosts);
      if (hosts.length === 1 || (hosts.length > 1 && data.outcome === 'succeeded')) return undefined;
      return [data.step, painted(paint, data.outcome), hosts.length > 1 ? '' : (data.why ?? '')];
    }
    case 'operator.asked':
      return undefined;
    case 'operator.applied': {
      const data = dataOf(entry, kind);
      return data && [`${data.action.kind} by ${actor(entry.actor)}`, data.says];
    }
    case 'operator.refused': {
      const data = dataOf(entry, kind);
      return data && [`refused what ${actor(entry.actor)} asked`, data.why];
    }
    case 'operator.expired':
      return ['an ask that nobody took has expired'];
    case 'plan.compiled':
    case 'probe.ended':
    case 'run.continued':
    case 'lock.released':
    case 'attempt.started':
      return undefined;
    default:
      // A newer server's kind: better said than hidden.
      return [entry.kind, shownValue(entry.data)];
  }
}

function result(paint: Paint, result: HostResult): readonly string[] {
  const outputs = Object.keys(result.outputs ?? {}).length === 0 ? '' : shownValues(result.outputs ?? {});
  const rc =
    result.rc === undefined || result.rc === 0 || result.outcome === 'succeeded' ? '' : `exit ${result.rc}`;
  return [painted(paint, result.outcome), rc, result.reason ?? '', result.place ?? '', paint.dim(outputs)];
}

function painted(paint: Paint, outcome: HostResult['outcome']): string {
  return outcomePaint(paint, outcome)(padEnd(`${symbol(outcome)} ${outcomeWord(outcome)}`, 11));
}

function hostsIn(hosts: readonly string[]): string {
  return hosts.length === 0 ? '' : hosts.length <= 5 ? `on ${listed(hosts)}` : `on ${hosts.length} hosts`;
}

function lastOf(step: string): string {
  return step.slice(step.lastIndexOf('/') + 1).replace(/\[[^\]]*\]|~\d+/g, '');
}
