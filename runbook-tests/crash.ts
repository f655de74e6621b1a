import type { Entry } from '../ledger/events.ts';
import type { Json } from '../plan/json.ts';
import type { Launch } from '../workflows/mock-port.ts';
import { isAt } from './places.ts';
import { type Walked, type WalkSetup, walkCase } from './walk.ts';

export type Crashed = { readonly walks: number; readonly failures: readonly string[] };

/** Enough to see what is wrong. */
const MOST_FAILURES = 3;

/**
 * Walks the run again as it is after a crash: from each entry of its record on (or each of the steps named), by a new
 * worker that knows no more than what stands there, on hosts that go on by themselves. It has to come to the same end,
 * and nothing may be launched twice, nor anything else.
 */
export async function crashed(setup: WalkSetup, whole: Walked, steps: readonly string[]): Promise<Crashed> {
  const entries = [...whole.record.values()];
  const expected = stateOf(whole);
  const failures: string[] = [];
  let walks = 0;
  for (const [i, entry] of entries.entries()) {
    const next = entries[i + 1];
    if (!crashesAt(entry, steps) || entry.kind === 'run.ended' || areOne(entry, next)) continue;
    walks += 1;
    const record = new Map(entries.slice(0, i + 1).map((one) => [one.key, one]));
    const again = await walkCase({ ...setup, saw: () => {} }, record, worldThen(whole, record, next));
    const where = `after a crash behind ${said(entry)}`;
    const came = stateOf(again);
    for (const [what, value] of Object.entries(expected))
      if (JSON.stringify(came[what]) !== JSON.stringify(value))
        failures.push(`${where}: ${what} is ${shown(came[what])}, and was ${shown(value)} without`);
    if (failures.length >= MOST_FAILURES) break;
  }
  return { walks, failures };
}

/**
 * What the hosts had done by then: what is recorded, and what comes next in the record, as a command that was under way
 * when the worker died ends without it.
 */
function worldThen(
  whole: Walked,
  record: ReadonlyMap<string, Entry>,
  next: Entry | undefined,
): Walked['world'] {
  const known = [...record.values(), ...(next ? [next] : [])].flatMap((entry) =>
    entry.kind === 'attempt.ended'
      ? [`${entry.data.step}/${entry.data.result.host}/${entry.data.result.generation}`]
      : [],
  );
  const { launches, results } = whole.world;
  return {
    launches: launches.filter((launch) => known.includes(keyOf(launch))),
    results: new Map([...results].filter(([key]) => known.includes(key))),
  };
}

/** What a walk only notes is committed together with what comes next: no crash parts them. */
function areOne(entry: Entry, next: Entry | undefined): boolean {
  const noted = ['step.ended', 'value.set', 'unknown.resolved'];
  return noted.includes(entry.kind) && next !== undefined && [...noted, 'step.started'].includes(next.kind);
}

function crashesAt(entry: Entry, steps: readonly string[]): boolean {
  if (steps.includes('every_step')) return true;
  const step = 'step' in entry.data ? entry.data.step : undefined;
  return step !== undefined && steps.some((named) => isAt(step, named));
}

/** What has to be the same, however often it crashed. */
function stateOf(walked: Walked): { readonly [what: string]: Json } {
  return {
    'its status': walked.status,
    'where it stands': [...walked.at].sort(),
    'its outputs': walked.end?.outputs ?? null,
    why: walked.end?.why ?? null,
    'what was launched': walked.world.launches.map(keyOf).sort(),
  };
}

function keyOf({ request, task }: Launch): string {
  return `${request.step}/${task.host}/${task.generation}`;
}

function said(entry: Entry): string {
  const step = 'step' in entry.data ? ` of ${entry.data.step}` : '';
  const host = entry.kind === 'attempt.ended' ? ` on ${entry.data.result.host}` : '';
  return `${entry.kind}${step}${host}`;
}

function shown(value: Json | undefined): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === undefined || text.length <= 200 ? String(text) : `${text.slice(0, 200)}…`;
}
