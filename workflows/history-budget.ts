/**
 * What an execution of a run may put into its history before the run is continued as new. Temporal takes 51,200 events or
 * 50 MB, but a worker that takes a run over reads its history again within one workflow task, and an event costs it about a
 * millisecond: with more than these a busy machine would never come through.
 */
export const CONTINUE_AFTER = { events: 1_500, bytes: 16 * 1024 * 1024 } as const;

/**
 * Events that a thing takes in history, with the workflow task that it causes (scheduled, started, completed). Some of them
 * share a task, so that the count comes out too high rather than too low.
 */
const EVENTS = {
  /** A marker; and now and then a task of its own, as a chain of them sends signs of life. */
  local: 1,
  /** scheduled, started, completed */
  activity: 6,
  /** Its own events are counted when it is asked for. */
  answer: 0,
  /** started, fired */
  timer: 5,
  /** accepted, completed */
  update: 5,
} as const;

/**
 * How much of its history an execution has used, by what it asked for and by nothing else. Not by the length that Temporal
 * tells: between two local activities that is another one when the history is replayed after a lost workflow task.
 */
export class HistoryBudget {
  readonly #most: { readonly events: number; readonly bytes: number };
  #events = 0;
  #bytes = 0;

  constructor(events: number = CONTINUE_AFTER.events) {
    this.#most = { ...CONTINUE_AFTER, events };
  }

  spend(what: keyof typeof EVENTS, bytes = 0): void {
    this.#events += EVENTS[what];
    this.#bytes += bytes;
  }

  get isSpent(): boolean {
    return this.#events >= this.#most.events || this.#bytes >= this.#most.bytes;
  }
}
