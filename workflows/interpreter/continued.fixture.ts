import type { Entry, PendingEntry } from '../../ledger/events.ts';
import { askEndKey } from '../../ledger/keys.ts';
import type { Digest } from '../../plan/ids.ts';
import type { Json } from '../../plan/json.ts';
import type { OperatorAction } from '../../plan/operator.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Plan } from '../../plan/plan.ts';
import type { RoundRequest } from '../../plan/rounds.ts';
import { PageMaker, Past, type PastPage, RECALLED } from '../past.ts';
import { PastPort } from '../past-port.ts';
import { type Answer, FakePort } from '../port.fake.ts';
import type { Port } from '../port.ts';
import { Desk } from './desk.ts';
import { interpret, type RunEnd } from './interpret.ts';
import type { Point } from './point.ts';
import { input, settle } from './walk.fixture.ts';

/** What a person does about a point where the run waits. */
export type Person = (point: Point, record: ReadonlyMap<string, Entry>) => OperatorAction;

/** A run as it would go: what its hosts answer, who is asked, and what somebody asks of it unasked. */
export type Story = {
  readonly plan: Plan;
  readonly answer: Answer;
  readonly person: Person;
  /** Asked once, as soon as anything was started. */
  readonly unasked?: OperatorAction;
};

export type Told = {
  readonly end: RunEnd;
  readonly record: ReadonlyMap<string, Entry>;
  /** Every command that was started, in order: `step host generation`. */
  readonly launches: readonly string[];
  readonly launchesAfterUnasked: readonly string[];
  readonly executions: number;
  /** Rounds that an execution asked the world for although the record had all of their answers. */
  readonly askedAgain: number;
};

/** Whether to go on in a new execution at the nth place of this one where that can be, something new having been done in it. */
export type WhereToContinue = (place: number) => boolean;

/** The whole run, in as many executions as it takes. */
export async function told(story: Story, continueAt: WhereToContinue = () => false): Promise<Told> {
  const record = new Map<string, Entry>();
  const launches: string[] = [];
  const after: string[] = [];
  let askedAgain = 0;
  for (let executions = 1; ; executions += 1) {
    const before = record.size;
    let places = 0;
    const over = Promise.withResolvers<'continued'>();
    const isOver = { yes: false };
    const here = (): Promise<void> => {
      if (!isOver.yes && record.size > before && continueAt(places++)) {
        isOver.yes = true;
        over.resolve('continued');
      }
      return isOver.yes ? new Promise(() => {}) : Promise.resolve();
    };
    const answer: Answer = (request, task) => {
      const launch = `${request.step} ${task.host} ${task.generation}`;
      launches.push(launch);
      if (record.has(askEndKey('unasked'))) after.push(launch);
      return story.answer(request, task);
    };
    const world = new BreakingPort(new FakePort(answer, record), here, record);
    const past = pastOf(record);
    const port = executions === 1 ? world : new PastPort(world, past);
    const desk = new Desk(input, port);
    desk.recall(past.answers);
    const end = interpret(input, story.plan, port, desk);
    const ended = await Promise.race([
      end,
      over.promise,
      attended(story, desk, port, { launches, record, isOver }),
    ]);
    isOver.yes = true;
    askedAgain += world.askedAgain;
    if (ended !== 'continued')
      return { end: ended, record, launches, launchesAfterUnasked: after, executions, askedAgain };
    await settle();
    await settle();
  }
}

/** Decides where the run waits for somebody; never resolves. */
async function attended(
  { person, unasked }: Story,
  desk: Desk,
  port: Port,
  {
    launches,
    record,
    isOver,
  }: {
    readonly launches: readonly string[];
    readonly record: ReadonlyMap<string, Entry>;
    readonly isOver: { readonly yes: boolean };
  },
): Promise<never> {
  const ask = (id: string, action: OperatorAction) =>
    desk.submit({
      ask: id,
      actor: { kind: 'person', subject: 'ops', issuer: 'local' },
      reason: `because of ${id}`,
      action,
    });
  const submitted = new Set<string>();
  while (!isOver.yes) {
    await settle();
    await port.caughtUp();
    if (isOver.yes) break;
    if (unasked && launches.length > 0 && !submitted.has('unasked')) {
      submitted.add('unasked');
      void ask('unasked', unasked);
      continue;
    }
    if (desk.paused) {
      void ask('go on', { kind: 'resume' });
      continue;
    }
    // Whether a wait were cut short in time would be a matter of chance.
    const point = desk.waiting.find(({ id }) => !submitted.has(id) && !id.includes('/wait/'));
    if (!point) continue;
    submitted.add(point.id);
    void ask(point.id, person(point, record));
  }
  return new Promise(() => {});
}

/** As it comes through history: in pages, as JSON. */
export function pastOf(record: ReadonlyMap<string, Entry>): Past {
  const past = new Past();
  let maker = new PageMaker();
  const pages: PastPage[] = [];
  for (const entry of record.values()) {
    if (!RECALLED.includes(entry.kind) || maker.add(entry)) continue;
    pages.push(maker.page(false));
    maker = new PageMaker();
    maker.add(entry);
  }
  pages.push(maker.page(true));
  for (const page of JSON.parse(JSON.stringify(pages))) past.add(page);
  return past;
}

/** A port that may break the walk off for good, before and after everything that it is asked. */
class BreakingPort implements Port {
  askedAgain = 0;
  readonly #port: FakePort;
  readonly #here: () => Promise<void>;
  readonly #record: ReadonlyMap<string, Entry>;

  constructor(port: FakePort, here: () => Promise<void>, record: ReadonlyMap<string, Entry>) {
    this.#port = port;
    this.#here = here;
    this.#record = record;
  }

  now = () => this.#port.now();
  note = (entry: PendingEntry) => this.#port.note(entry);
  caughtUp = () => settle();
  rest = () => this.#here();
  flush = () => this.#here();
  sleep = (ms: number, signal: AbortSignal) => this.#around(() => this.#port.sleep(ms, signal));
  record = (entry: PendingEntry) => this.#around(() => this.#port.record(entry));
  takeLocks = (names: readonly string[]) => this.#around(() => this.#port.takeLocks(names));
  releaseLocks = () => this.#port.releaseLocks();
  closeRun = () => this.#port.closeRun();
  texts = (digests: readonly Digest[]) => this.#around(() => this.#port.texts(digests));
  digest = (json: Json) => this.#around(() => this.#port.digest(json));

  async round(
    request: RoundRequest,
    options: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<readonly HostResult[]> {
    const known = ({ host, generation }: { readonly host: string; readonly generation: number }) =>
      this.#record.has(`${request.run}/attempt.ended/${request.step}/${host}/${generation}`);
    if (request.tasks.every(known)) this.askedAgain += 1;
    return this.#around(() => this.#port.round(request, options));
  }

  async #around<T>(call: () => Promise<T>): Promise<T> {
    await this.#here();
    const answer = await call();
    await this.#here();
    return answer;
  }
}
