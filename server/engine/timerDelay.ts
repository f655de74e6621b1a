import { randomUUID } from 'node:crypto';
import type { Client, Connection } from '@temporalio/client';

/** Asked of Temporal; what it makes of it is the answer. */
const DELAY_MS = 20;

/**
 * How many milliseconds later than asked Temporal's timers fire: a workflow that nobody runs is to begin after a moment, and
 * its first task is waited for, on a queue of this call's own. It is deleted afterwards.
 */
export async function timerDelay(client: Client, connection: Connection, namespace: string): Promise<number> {
  const id = `holdfast-doctor-${randomUUID()}`;
  const began = performance.now();
  const handle = await client.workflow.start('doctor', {
    taskQueue: id,
    workflowId: id,
    startDelay: DELAY_MS,
  });
  try {
    await connection.workflowService.pollWorkflowTaskQueue({
      namespace,
      taskQueue: { name: id },
      identity: 'holdfast doctor',
    });
    return performance.now() - began - DELAY_MS;
  } finally {
    await handle.terminate('the doctor has seen enough');
    await connection.workflowService.deleteWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: id },
    });
  }
}
