import type { SSEMessage } from '@fastify/sse';
import type { Entry } from '../../ledger/events.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { RunId } from '../../plan/ids.ts';
import { entryView } from '../records/present.ts';

/** The entries of a run after `after`, those to come too, until it has ended or the signal fires. */
export type RunEvents = (run: RunId, after: number, gone: AbortSignal) => AsyncGenerator<SSEMessage>;

const PAGE = 500;

export function createRunEvents(ledger: Ledger, closing: AbortSignal): RunEvents {
  return async function* events(run, after, gone) {
    const signal = AbortSignal.any([gone, closing]);
    // What is after the run's last entry is looked through once, for all runs: to wait one has to know where the ledger ends.
    let seen = after;
    let ended = false;
    for (;;) {
      const page = await ledger.read({ run, after: seen, limit: PAGE });
      yield* messages(page);
      ended ||= page.some((entry) => entry.kind === 'run.ended');
      seen = page.at(-1)?.seq ?? seen;
      if (page.length < PAGE) break;
    }
    ended ||= (await ledger.read({ run, kinds: ['run.ended'], limit: 1 })).length > 0;
    while (!ended && !signal.aborted) {
      const page = await ledger.read({ after: seen, limit: PAGE });
      const own = page.filter((entry) => entry.run === run);
      yield* messages(own);
      ended = own.some((entry) => entry.kind === 'run.ended');
      seen = page.at(-1)?.seq ?? seen;
      if (page.length < PAGE && !ended) await ledger.changed(seen, signal);
    }
    if (ended) yield { event: 'end', data: { run } };
  };
}

function messages(entries: readonly Entry[]): readonly SSEMessage[] {
  return entries.map((entry) => ({ id: String(entry.seq), event: 'entry', data: entryView(entry) }));
}
