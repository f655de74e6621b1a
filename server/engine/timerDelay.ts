import { randomUUID } from 'node:crypto';
import type { Client, Connection } from '@temporalio/client';

/** Asked of Temporal; what it makes of it is the answer. */
const DELAY_MS = 20;
const LOOKS = 4;
/** A Temporal that can't write its data doesn't say so: it does not answer. */
const START_MS = 5_000;

/**
 * How many milliseconds later than asked Temporal's timers fire, at best of some looks: a workflow that nobody runs is to
 * begin after a moment, and its first task is waited for, on a queue of this call's own. It is always the same workflow, so
 * that the looks meet one shard: what rounds timers up is how far that shard has looked ahead for the one before.
 */
export async function timerDelay(client: Client, connection: Connection, namespace: string): Promise<number> {
  const id = `holdfast-doctor-${randomUUID()}`;
  const delays: number[] = [];
  try {
    for (let look = 0; look < LOOKS; look += 1) delays.push(await delayOf(client, connection, namespace, id));
  } finally {
    await connection.workflowService
      .deleteWorkflowExecution({ namespace, workflowExecution: { workflowId: id } })
      .catch(() => undefined);
  }
  // The first one finds a shard that has nothing to look ahead for.
  return Math.min(...delays.slice(1));
}

async function delayOf(
  client: Client,
  connection: Connection,
  namespace: string,
  id: string,
): Promise<number> {
  const began = performance.now();
  const begin = () =>
    client.workflow.start('doctor', { taskQueue: id, workflowId: id, startDelay: DELAY_MS });
  const handle = await connection.withDeadline(Date.now() + START_MS, begin);
  const started = performance.now();
  try {
    await connection.workflowService.pollWorkflowTaskQueue({
      namespace,
      taskQueue: { name: id },
      identity: 'holdfast doctor',
    });
    return performance.now() - Math.max(began, started - DELAY_MS) - DELAY_MS;
  } finally {
    await handle.terminate('the doctor has seen enough');
  }
}
