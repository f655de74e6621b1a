import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { OperatorAnswer, OperatorAsk } from '../plan/operator.ts';
import type { RunInput } from './input.ts';
import { Desk } from './interpreter/desk.ts';
import { interpret, type RunEnd } from './interpreter/interpret.ts';
import { engineEntry } from './interpreter/walk.ts';
import { TemporalPort } from './temporal-port.ts';

/** What a person asks of the run; its id is the Update's id. The answer is recorded before it is given. */
export const operate = defineUpdate<OperatorAnswer, [OperatorAsk]>('operate');

/** Where the run waits for a person, as the workflow sees it. */
export const waiting =
  defineQuery<readonly { readonly point: string; readonly waitsFor: string }[]>('waiting');

/** One run: its workflow id is the run's id. */
export async function run(input: RunInput): Promise<RunEnd> {
  const port = new TemporalPort(input);
  const desk = new Desk(input, port);
  const submit = (ask: OperatorAsk) => CancellationScope.nonCancellable(() => desk.submit(ask));
  setHandler(operate, submit, { validator: isAsk });
  setHandler(waiting, () => desk.waiting.map(({ id, waitsFor }) => ({ point: id, waitsFor })));
  const walk = CancellationScope.nonCancellable(async () => {
    if (input.epoch > 1) {
      // It fences the epochs before off: what is recalled after it is all that was ever decided in them.
      await port.record(engineEntry(input, 'run.continued', String(input.epoch), { from: input.epoch - 1 }));
      desk.recall(await port.recall());
    }
    const end = await interpret(input, await port.loadPlan(), port, desk);
    await condition(allHandlersFinished);
    return end;
  });
  // A cancel in Temporal is an abort that nobody signed: jobs are stopped and waited for all the same.
  CancellationScope.current().cancelRequested.catch((error: unknown) => {
    if (!isCancellation(error)) return;
    return CancellationScope.nonCancellable(async () => {
      await port.caughtUp();
      desk.abort('cancelled in Temporal');
    });
  });
  return walk;
}

/** Only what is no ask at all is rejected here; everything else gets an answer that stands in the record. */
function isAsk(ask: OperatorAsk): void {
  if (typeof ask?.ask !== 'string' || typeof ask.action?.kind !== 'string')
    throw new TypeError('not an operator ask');
}
