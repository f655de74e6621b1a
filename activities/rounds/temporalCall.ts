import { Context } from '@temporalio/activity';
import type { LookedFor } from '../../plan/rounds.ts';
import type { Call } from './context.ts';

/** Milliseconds. Temporal hands a cancellation over with a heartbeat's answer. */
const heartbeatEveryMs = 1_000;

/**
 * What Temporal tells the activity that is running. Its cancellation signal fires for many reasons (the worker shuts
 * down, a timeout, the workflow was terminated or continued as new): only `cancelRequested` says that somebody wants
 * the work stopped. The details are there when the signal fires.
 *
 * Of a local activity they say so too when its run is only dropped from the worker's memory, as after a workflow task that
 * came too late (sdk-core, `CancelAllInRun`): it lets go whatever they say, and a follower, which can be told, takes over.
 */
export function temporalCall(stopping: () => boolean): Call {
  const context = Context.current();
  const stop = new AbortController();
  const letGo = new AbortController();
  const fired = () => {
    if (!context.info.isLocal && context.cancellationDetails?.cancelRequested === true) stop.abort();
    else letGo.abort();
  };
  if (context.cancellationSignal.aborted) fired();
  else context.cancellationSignal.addEventListener('abort', fired, { once: true });
  let lookedFor: () => readonly LookedFor[] = () => [];
  const beat = context.info.isLocal
    ? undefined
    : setInterval(() => context.heartbeat(lookedFor()), heartbeatEveryMs);
  return {
    stop: stop.signal,
    letGo: letGo.signal,
    tells: (of) => {
      lookedFor = of;
    },
    stopping: () => stopping() || context.cancellationDetails?.workerShutdown === true,
    done: () => clearInterval(beat),
  };
}
