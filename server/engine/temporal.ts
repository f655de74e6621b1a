import {
  Client,
  Connection,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HoldfastError } from '../../plan/errors.ts';
import type { RunId } from '../../plan/ids.ts';
import type { OperatorAnswer, OperatorAsk } from '../../plan/operator.ts';
import { dataConverter } from '../../worker/payloads.ts';
import { connectionTo, type TemporalTarget } from '../../worker/temporalTarget.ts';
import type { RunInput } from '../../workflows/input.ts';
import { DEFAULT_ZONE, zoneQueue } from '../../workflows/queues.ts';
import type { Engine, Looked, Operated } from './engine.ts';
import { toldBy } from './pending.ts';
import { probe } from './probe.ts';
import { timerDelay } from './timerDelay.ts';

const ANSWER_MS = 5_000;
/** Temporal refuses to be polled by who gives it less than a few seconds ("context timeout is too short"). */
const LONG_POLL_MS = 20_000;
/** A workflow task whose worker died is given to another after this long. */
const WORKFLOW_TASK_TIMEOUT_MS = 2_000;
/** Events of history; for tests, which can't wait for a long one. */
const CONTINUE_AFTER = Number(process.env.HOLDFAST_CONTINUE_AFTER ?? 0);
/** gRPC's code for "no such workflow". */
const NOT_FOUND = 5;

/** Connects when it is first needed and again by itself, so that a server may start before Temporal does. */
export function temporalEngine(temporal: TemporalTarget): Engine {
  const { address, namespace } = temporal;
  const connection = Connection.lazy(connectionTo(temporal));
  const client = new Client({ connection, namespace, dataConverter });
  const soon = <T>(call: () => Promise<T>) => connection.withDeadline(Date.now() + ANSWER_MS, call);

  return {
    start: (input, mode) => soon(() => start(client, input, mode)).catch(unreachable(address)),
    operate: (run, ask, signal) => operate(client, connection, run, ask, signal),
    probe: (input, signal) => probe(client, connection, input, signal),
    look: (run) => soon(() => look(client, run)).catch(unreachable(address)),
    pollers: (queue, of) => soon(() => pollers(connection, namespace, queue, of)).catch(unreachable(address)),
    timerDelay: () =>
      connection
        .withDeadline(Date.now() + LONG_POLL_MS, () => timerDelay(client, connection, namespace))
        .catch(unreachable(address)),
    close: () => connection.close(),
  };
}

async function start(
  client: Client,
  input: RunInput,
  mode: 'first' | 'again',
): Promise<'started' | 'exists'> {
  try {
    await client.workflow.start('run', {
      taskQueue: zoneQueue(DEFAULT_ZONE),
      workflowId: input.run,
      args: [CONTINUE_AFTER > 0 ? { ...input, continueAfter: CONTINUE_AFTER } : input],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      workflowIdReusePolicy: mode === 'first' ? 'REJECT_DUPLICATE' : 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
    return 'started';
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return 'exists';
    throw error;
  }
}

async function operate(
  client: Client,
  connection: Connection,
  run: RunId,
  ask: OperatorAsk,
  signal: AbortSignal,
): Promise<Operated> {
  try {
    const answer = await connection.withAbortSignal(signal, () =>
      client.workflow
        .getHandle(run)
        .executeUpdate<OperatorAnswer, [OperatorAsk]>('operate', { args: [ask], updateId: ask.ask }),
    );
    return { kind: 'answered', answer };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return refusal(error);
    if (error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND)) {
      return { kind: 'ended' };
    }
    return { kind: 'pending', why: error instanceof Error ? error.message : String(error) };
  }
}

function refusal(error: WorkflowUpdateFailedError): Operated {
  const cause = error.cause;
  if (cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow')
    return { kind: 'ended' };
  const mend =
    cause instanceof ApplicationFailure
      ? cause.details?.find((detail) => typeof detail === 'string')
      : undefined;
  return {
    kind: 'rejected',
    why: cause?.message ?? error.message,
    mend: typeof mend === 'string' ? mend : 'See `holdfast show RUN` for what can be asked of it now.',
  };
}

async function look(client: Client, run: RunId): Promise<Looked> {
  try {
    const description = await client.workflow.getHandle(run).describe();
    const state = description.status.name === 'RUNNING' ? 'open' : 'closed';
    const { pendingWorkflowTask, pendingActivities } = description.raw;
    const told = await toldBy(pendingActivities ?? [], Date.now());
    return { state, attempt: pendingWorkflowTask?.attempt ?? 0, ...told };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'absent', attempt: 0, lookedFor: [] };
    throw error;
  }
}

async function pollers(
  connection: Connection,
  namespace: string,
  queue: string,
  of: 'workflow' | 'activity',
): Promise<number> {
  const answer = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue },
    taskQueueType: of === 'workflow' ? 1 : 2,
  });
  return answer.pollers.length;
}

function unreachable(address: string): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof HoldfastError) throw cause;
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError(
      'engine/unreachable',
      `Temporal at ${address} does not answer (${says}).`,
      'Look whether it runs, can be reached from here and has room on its disk; one that Holdfast started writes temporal.log in the data folder. Runs go on by themselves when it answers.',
      { cause },
    );
  };
}
