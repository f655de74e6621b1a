import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
} from '@temporalio/workflow';
import type { OperatorAnswer, OperatorAsk } from '../plan/operator.ts';
import type { RunInput } from './input.ts';
import { Desk } from './interpreter/desk.ts';
import { interpret, type RunEnd } from './interpreter/interpret.ts';
import { requireKnown } from './interpreter/version.ts';
import { engineEntry } from './interpreter/walk.ts';
import { Past } from './past.ts';
import { PastPort } from './past-port.ts';
import { TemporalPort } from './temporal-port.ts';

/** What a person asks of the run; its id is the Update's id. The answer is recorded before it is given. */
export const operate = defineUpdate<OperatorAnswer, [OperatorAsk]>('operate');

/** Where the run waits for a person, as the workflow sees it. */
export const waiting =
  defineQuery<readonly { readonly point: string; readonly waitsFor: string }[]>('waiting');

/** One run: its workflow id is the run's id. Where its history becomes long it goes on in a new execution. */
export async function run(input: RunInput): Promise<RunEnd> {
  const temporal = new TemporalPort(input);
  const past = goesOn(input) ? new Past() : undefined;
  const port = past ? new PastPort(temporal, past) : temporal;
  const desk = new Desk(input, port);
  const begun = Promise.withResolvers<void>();
  let hasBegun = false;
  const submit = (ask: OperatorAsk) => {
    temporal.countUpdate();
    return CancellationScope.nonCancellable(() =>
      hasBegun ? desk.submit(ask) : begun.promise.then(() => desk.submit(ask)),
    );
  };
  setHandler(operate, submit, { validator: isAsk });
  setHandler(waiting, () => desk.waiting.map(({ id, waitsFor }) => ({ point: id, waitsFor })));
  const walk = CancellationScope.nonCancellable(async () => {
    // What is asked before the walk begins waits: what was answered earlier has to be known first.
    if (past) await recalled(input, temporal, past, desk);
    const plan = await temporal.loadPlan();
    requireKnown(plan);
    const end = interpret(input, plan, port, desk);
    hasBegun = true;
    begun.resolve();
    void port.caughtUp().then(() => temporal.countFromHere());
    await end;
    await condition(allHandlersFinished);
    return end;
  });
  // A cancel in Temporal is an abort that nobody signed: jobs are stopped and waited for all the same.
  CancellationScope.current().cancelRequested.catch((error: unknown) => {
    if (!isCancellation(error)) return;
    // It stands in no record, and is not handed on to another execution.
    temporal.stay();
    return CancellationScope.nonCancellable(async () => {
      await begun.promise;
      await port.caughtUp();
      desk.abort('cancelled in Temporal');
    });
  });
  const goOn = CancellationScope.nonCancellable(async () => {
    await atRest(temporal);
    return goOnLonger({ ...input, continued: (input.continued ?? 0) + 1 });
  });
  return Promise.race([walk, goOn]);
}

/** A walk over a long record takes longer at a time; a worker that was killed is replaced that much later. */
const goOnLonger = makeContinueAsNewFunc<typeof run>({ workflowTaskTimeout: '10s' });

function goesOn({ epoch, continued }: RunInput): boolean {
  return epoch > 1 || continued !== undefined;
}

/** Continued as new is resumed: the same walk over the same record, in the same epoch. */
async function recalled(input: RunInput, port: TemporalPort, past: Past, desk: Desk): Promise<void> {
  const { epoch, continued } = input;
  // It fences the epochs before off: what is recalled after it is all that was ever done in them.
  if (!continued) await port.record(engineEntry(input, 'run.continued', String(epoch), { from: epoch - 1 }));
  await port.recall(past);
  desk.recall(past.answers);
}

/** Resolves when the history is long, nothing is half done, and all that was noted is recorded. */
async function atRest(port: TemporalPort): Promise<void> {
  const isQuiet = () => port.isLong && port.isAtRest && allHandlersFinished();
  for (;;) {
    await port.flush();
    await condition(isQuiet);
    // Conditions are looked at before the walk has seen what is new: once more when it has.
    let looks = 0;
    await condition(() => looks++ > 0);
    if (isQuiet() && !port.hasNoted) return;
  }
}

/** Only what is no ask at all is rejected here; everything else gets an answer that stands in the record. */
function isAsk(ask: OperatorAsk): void {
  if (typeof ask?.ask !== 'string' || typeof ask.action?.kind !== 'string')
    throw new TypeError('not an operator ask');
}
