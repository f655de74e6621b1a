import type { EntryView } from '../../server/api/ledger.ts';
import type { RunView } from '../../server/api/runs.ts';
import { type Api, isAbort } from '../client/api.ts';
import { type Following, patiently, runEvents } from '../client/events.ts';
import type { Io } from '../io.ts';
import { entryLine } from '../view/entry.ts';
import { hasEnded, standsStill } from '../view/outcome.ts';
import { waiting } from '../view/run.ts';
import { lookedFor } from '../view/steps.ts';
import { type FollowOptions, getRun, type Left } from './look.ts';

/** How often a quiet run is looked at: one that waits in a queue, or lost its workflow, writes no entry. */
const LOOK_EVERY_MS = { beforeItRuns: 400, later: 3_000 } as const;

/** One line for each event, or the entries themselves as JSON lines. Leaves a run that stands still, unless told to wait. */
export async function followLines(
  api: Api,
  io: Io,
  options: FollowOptions,
  stopped: AbortSignal,
): Promise<Left> {
  const { run, json, wait } = options;
  const done = new AbortController();
  const signal = AbortSignal.any([stopped, done.signal]);
  let view = await getRun(api, run);
  const upTo = view.seq;
  let queueSaid = '';
  let hinderedSaid = '';
  let left: RunView | undefined;

  const following: Following = {
    signal,
    connection: (state) => io.say(state === 'lost' ? 'connection lost; trying again …' : 'connected again'),
  };
  const events = runEvents(api, run, 0, following);

  function print(entry: EntryView): void {
    const line = json ? JSON.stringify(entry) : entryLine(io.paint, entry);
    if (line !== undefined) io.out(line);
  }

  /** Looks at the run as it stands now; true where this is the end of following. */
  async function look(): Promise<boolean> {
    view = await patiently(() => getRun(api, run, signal), following);
    if (view.queue !== undefined) {
      const held = view.queue.held.map((lock) => `${lock.name} (held by ${lock.run})`).join(', ');
      if (held !== queueSaid) io.say(`waits for ${held || view.queue.names.join(', ')}`);
      queueSaid = held;
    }
    const hindered = hindrances(view);
    if (hindered !== '' && plain(hindered) !== plain(hinderedSaid)) io.say(hindered);
    hinderedSaid = hindered;
    if (!standsStill(view.status)) return false;
    return !wait;
  }

  function lookLater(): NodeJS.Timeout {
    const wait = isBefore(view.status) ? LOOK_EVERY_MS.beforeItRuns : LOOK_EVERY_MS.later;
    return setTimeout(() => {
      void look()
        .then((over) => {
          if (!over) return;
          left = view;
          done.abort();
        })
        .catch(() => {})
        .finally(() => {
          if (!signal.aborted) timer = lookLater();
        });
    }, wait);
  }
  let timer = lookLater();

  try {
    for await (const entry of events) {
      print(entry);
      if (entry.seq < upTo) continue;
      if ((entry.seq === upTo || standing(entry)) && (await look())) {
        left = view;
        break;
      }
    }
  } catch (error) {
    if (!isAbort(error)) throw error;
  } finally {
    clearTimeout(timer);
    done.abort();
  }
  if (stopped.aborted) return { why: 'interrupted' };
  view = left ?? (await patiently(() => getRun(api, run, stopped), { signal: stopped }));
  if (!json && !hasEnded(view.status)) {
    const cards = waiting(view, { paint: io.talk, now: io.now(), columns: io.columns() });
    io.say(['', `${run} is ${view.status}.`, ...cards].join('\n'));
  }
  return { why: 'run', view };
}

/** What keeps the run from going on and is no entry. */
function hindrances({ warning, steps }: RunView): string {
  const lost = steps.flatMap(({ hosts }) => hosts.flatMap((cell) => lookedFor(cell) ?? []));
  return [...(warning === undefined ? [] : [warning]), ...lost].join('\n');
}

/** Without what only counts on. */
function plain(says: string): string {
  return says.replace(/\d+/g, '');
}

/** Where its next word may be that it waits for somebody's locks. */
function isBefore(status: RunView['status']): boolean {
  return status === 'requested' || status === 'queued';
}

function standing(entry: EntryView): boolean {
  return entry.kind === 'run.held' || entry.kind === 'gate.opened' || entry.kind === 'run.paused';
}
