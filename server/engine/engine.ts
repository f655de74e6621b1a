import type { RunId } from '../../plan/ids.ts';
import type { OperatorAnswer, OperatorAsk } from '../../plan/operator.ts';
import type { ProbeInput, ProbeReport } from '../../plan/probes.ts';
import type { LookedFor } from '../../plan/rounds.ts';
import type { RunInput } from '../../workflows/input.ts';

/** What the server needs of the engine that runs workflows. */
export type Engine = {
  /**
   * Starts a run's workflow under the run's id. `first`: only if there never was one; `again`: also where one has closed.
   * `exists` says that nothing was started.
   */
  start(input: RunInput, mode: 'first' | 'again'): Promise<'started' | 'exists'>;
  /** Hands over what a person asked and waits for the workflow's own answer, as long as the signal lets it. Safe to repeat. */
  operate(run: RunId, ask: OperatorAsk, signal: AbortSignal): Promise<Operated>;
  /**
   * Asks what hosts say before a run, in a workflow of its own, and waits for it. When the signal fires it is cancelled.
   * Nothing is thrown: who wants a plan gets one, and why it says less.
   */
  probe(input: ProbeInput, signal: AbortSignal): Promise<Probed>;
  /** Throws `engine/unreachable` where it can't be known. */
  look(run: RunId): Promise<Looked>;
  /** How many workers have asked this task queue for work in the last minutes. */
  pollers(queue: string, of: 'workflow' | 'activity'): Promise<number>;
  /** How much later than asked its timers fire, in milliseconds. */
  timerDelay(): Promise<number>;
  close(): Promise<void>;
};

export type Probed =
  | { readonly kind: 'answered'; readonly report: ProbeReport }
  | { readonly kind: 'unanswered'; readonly why: string };

export type WorkflowState = 'open' | 'closed' | 'absent';

export type Looked = {
  readonly state: WorkflowState;
  /**
   * Which try at the workflow's next task this is: 1 for one that goes well, 0 where nothing is to be done. Temporal repeats a
   * task that fails (a bug, or a history that the code does not lead to) without end, and calls the workflow running.
   */
  readonly attempt: number;
  /** Hosts that its rounds have lost after a launch and look for. */
  readonly lookedFor: readonly LookedFor[];
  /** What stands in the way of its next step, in words, where that is tried again and again. */
  readonly hindered?: string;
};

export type Operated =
  | { readonly kind: 'answered'; readonly answer: OperatorAnswer }
  /** Refused before the workflow's code saw it: nothing of it is in the record yet. */
  | { readonly kind: 'rejected'; readonly why: string; readonly mend: string }
  /** There is no workflow that could take it. */
  | { readonly kind: 'ended' }
  /** Not known: to be sent again. */
  | { readonly kind: 'pending'; readonly why: string };
