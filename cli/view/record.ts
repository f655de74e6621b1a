import type { EventData, EventKind } from '../../ledger/events.ts';
import type { EntryView } from '../../server/api/ledger.ts';
import type { Paint } from '../io.ts';
import { dataOf, entryWords } from './entry.ts';
import { outcomeWord } from './outcome.ts';
import { actor, day } from './text.ts';

/**
 * An entry of the record as an audit shows it: number, day and time, run (where there are several), and what happened. Every
 * kind has a line, also what is no news to who follows a run.
 */
export function recordLine(
  paint: Paint,
  entry: EntryView,
  { withRun }: { readonly withRun: boolean },
): string {
  const said = entryWords(paint, entry) ?? bookkeeping(entry);
  const head = [paint.dim(String(entry.seq).padStart(6)), paint.dim(day(entry.at))];
  const run = withRun && said[0] !== entry.run ? [entry.run] : [];
  return [...head, ...run, ...said.filter((part) => part !== '')].join('  ').trimEnd();
}

/** What a run writes for itself, and for those who ask later what it knew. */
function bookkeeping(entry: EntryView): readonly string[] {
  const kind = entry.kind as EventKind;
  switch (kind) {
    case 'plan.compiled': {
      const data = dataOf(entry, kind);
      return data === undefined ? [kind] : [`plan of ${data.runbook} by ${actor(entry.actor)}`, data.plan];
    }
    case 'probe.ended': {
      const data = dataOf(entry, kind);
      if (data === undefined) return [kind];
      return [data.step, data.result.host, `asked for a plan: ${foretold(data)}`];
    }
    case 'lock.taken':
      return ['needs no lock'];
    case 'lock.released':
      return [`let go of ${dataOf(entry, kind)?.names.join(' ') ?? ''}`];
    case 'place.chosen': {
      const data = dataOf(entry, kind);
      return data === undefined ? [kind] : [data.host, `works in ${data.directory}`];
    }
    case 'run.continued':
      return ['goes on in a new history of Temporal'];
    case 'attempt.started': {
      const data = dataOf(entry, kind);
      if (data === undefined) return [kind];
      const again = data.generation === 0 ? '' : `try ${data.generation + 1}`;
      return [data.step, data.host, 'may be sent', again, data.boot === undefined ? '' : `boot ${data.boot}`];
    }
    case 'step.ended': {
      const data = dataOf(entry, kind);
      return data === undefined ? [kind] : [data.step, `ended: ${outcomeWord(data.outcome)}`, data.why ?? ''];
    }
    case 'operator.asked': {
      const data = dataOf(entry, kind);
      return data === undefined
        ? [kind]
        : [`${data.action.kind} asked by ${actor(entry.actor)}`, data.reason];
    }
    default:
      return [entry.kind];
  }
}

/** A `done` that ends with another status than 0 has not failed: it has said no. Without a status it could not be asked. */
function foretold({ of, result }: EventData['probe.ended']): string {
  if (of === 'read') return outcomeWord(result.outcome);
  if (result.outcome === 'succeeded') return 'done already';
  if (result.outcome !== 'failed') return outcomeWord(result.outcome);
  return result.rc === undefined ? 'could not be asked' : 'not done yet';
}
