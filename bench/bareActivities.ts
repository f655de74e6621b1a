import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const QUEUE = 'bench-bare';

/** A worker of nothing but a loop of activities that do nothing, on a Temporal that is there. */
export type BareActivities = AsyncDisposable & {
  /** Milliseconds of each of so many activities in one workflow. */
  readonly inSequence: (times: number) => Promise<readonly number[]>;
};

export async function bareActivities(temporal: string): Promise<BareActivities> {
  const logger = new DefaultLogger('ERROR');
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
  const connection = await NativeConnection.connect({ address: temporal });
  const worker = await Worker.create({
    connection,
    taskQueue: QUEUE,
    workflowsPath: fileURLToPath(new URL('./bareActivities.workflow.ts', import.meta.url)),
    activities: { nothing: async () => {} },
  });
  const running = worker.run();
  const client = new Client({ connection: await Connection.connect({ address: temporal }) });
  return {
    inSequence: (times) =>
      client.workflow.execute('inSequence', {
        taskQueue: QUEUE,
        workflowId: `bench-${randomUUID()}`,
        args: [times],
      }),
    async [Symbol.asyncDispose]() {
      worker.shutdown();
      await running;
      await client.connection.close();
      await connection.close();
    },
  };
}
