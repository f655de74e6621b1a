import type { Entry } from '../ledger/events.ts';
import { digest, runId } from '../plan/ids.ts';
import type { Expr, Plan } from '../plan/plan.ts';
import type { RunInput } from '../workflows/input.ts';
import { Desk } from '../workflows/interpreter/desk.ts';
import { interpret, type RunEnd } from '../workflows/interpreter/interpret.ts';
import { engineEntry } from '../workflows/interpreter/walk.ts';
import { type Answer, MockPort, type MockWorld } from '../workflows/mock-port.ts';
import { PageMaker, Past, RECALLED } from '../workflows/past.ts';
import { PastPort } from '../workflows/past-port.ts';
import type { Answers } from './answers.ts';
import { CaseClock } from './clock.ts';
import { type Misgiven, Person } from './person.ts';

/** When every case begins: its clock is its own. */
const BEGINS = Date.UTC(2026, 0, 5, 9);
/** A walk that is asked or waits more often than this has no end. */
const MOST_TURNS = 2_000;

export type WalkSetup = {
  readonly plan: Plan;
  readonly answer: Answer;
  readonly answers: Answers;
  readonly identity: RunInput['identity'];
  readonly requestedBy: string;
  readonly saw: (expr: Expr, held: boolean) => void;
};

/** Where a walk came to: its end, or where it waits for somebody. */
export type Walked = {
  readonly status: RunEnd['status'] | 'held' | 'waiting';
  readonly end?: RunEnd;
  /** The steps at which it stands. */
  readonly at: readonly string[];
  readonly record: ReadonlyMap<string, Entry>;
  readonly world: MockWorld;
  readonly misgiven: readonly Misgiven[];
  /** It was given up: it waited and went on, again and again. */
  readonly endless: boolean;
};

/**
 * Walks a plan with the real interpreter until it ends, or until nothing goes on without an answer that the case does
 * not give. With a record of an earlier walk it is the next epoch of that run, on the same hosts.
 */
export async function walkCase(
  setup: WalkSetup,
  record: Map<string, Entry> = new Map(),
  world: MockWorld = { launches: [], results: new Map() },
): Promise<Walked> {
  const { plan, answer, answers, identity, requestedBy, saw } = setup;
  const epoch = record.size === 0 ? 1 : 2;
  const input: RunInput = {
    run: runId('r-test'),
    plan: digest('test'),
    epoch,
    requestedBy,
    reason: 'a test',
    identity,
  };
  const clock = new CaseClock(Math.max(BEGINS, ...[...record.values()].map((entry) => entry.at)));
  const mocked = new MockPort({ answer, clock, record, world, saw });
  const past = epoch > 1 ? pastOf(record) : undefined;
  const port = past ? new PastPort(mocked, past) : mocked;
  const desk = new Desk(input, port);
  if (past) {
    await mocked.record(engineEntry(input, 'run.continued', String(epoch), { from: epoch - 1 }));
    desk.recall(past.answers);
  }
  const person = new Person(answers, desk, record, requestedBy);
  let end: RunEnd | undefined;
  let thrown: { readonly error: unknown } | undefined;
  interpret(input, plan, port, desk).then(
    (ended) => {
      end = ended;
    },
    (error: unknown) => {
      thrown = { error };
    },
  );
  let turns = 0;
  for (; turns < MOST_TURNS; turns++) {
    await nothingElseToDo();
    if (thrown) throw thrown.error;
    if (end) break;
    if (!(await person.answer()) && !clock.pass(person.patience())) break;
  }
  const at = desk.waiting.map((point) => point.step);
  const common = { record, world, misgiven: person.misgiven, endless: turns === MOST_TURNS };
  if (end) return { status: end.status, end, at: [], ...common };
  const held = desk.waiting.some(
    (point) => point.offers.includes('retry') || point.offers.includes('resolve'),
  );
  return { status: held ? 'held' : 'waiting', at, ...common };
}

/** What a worker knows of a run that it takes over: what the record says of it. */
function pastOf(record: ReadonlyMap<string, Entry>): Past {
  const past = new Past();
  let page = new PageMaker();
  for (const entry of record.values()) {
    if (!RECALLED.includes(entry.kind) || page.add(entry)) continue;
    past.add(page.page(false));
    page = new PageMaker();
    page.add(entry);
  }
  past.add(page.page(true));
  return past;
}

/** Everything that a walk does by itself it does at once: after that it waits for the clock, or for a person. */
function nothingElseToDo(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
