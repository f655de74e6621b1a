import { Client, Connection } from '@temporalio/client';
import { dataConverter } from '../../worker/payloads.ts';
import type { House } from './house.ts';

/** How many events the histories of a run have, the newest first: one for each of its executions. */
export async function executionsOf(house: House, run: string): Promise<readonly number[]> {
  const connection = await Connection.connect({ address: (await house.server()).temporal.address });
  try {
    const client = new Client({ connection, dataConverter });
    const lengths: number[] = [];
    for await (const one of client.workflow.list({ query: `WorkflowId = "${run}"` }))
      lengths.push((await client.workflow.getHandle(run, one.runId).describe()).historyLength);
    return lengths;
  } finally {
    await connection.close();
  }
}
