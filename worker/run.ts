import { setFlagsFromString } from 'node:v8';
import { GracefulShutdownPeriodExpiredError, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { DEFAULT_ZONE, followQueue, zoneQueue } from '../workflows/queues.ts';
import { workflowBundle } from './bundle/workflowBundle.ts';
import type { ActivitiesByQueue } from './compose.ts';
import type { WorkerConfig } from './config.ts';
import { temporalLogger } from './log.ts';
import { dataConverter } from './payloads.ts';
import { connectionTo, type TemporalTarget } from './temporalTarget.ts';

/** How long an activity may go on after the worker was told to stop; then it is let go and another worker follows its job. */
const GRACE_MS = 1_000;
/** After this the worker gives up on what does not let go. Remote jobs are safe: another worker finds and follows them. */
const FORCE_MS = 8_000;
const HEARTBEAT_THROTTLE_MS = 500;
/** A workflow task for a worker that died goes to any other after this; ten seconds unless set. */
const STICKY_MS = 1_000;
const RECONNECT_MS = 100;
/**
 * Frames of an error's stack in workflow code. Temporal's SDK makes an error at every promise there for its own
 * `__stack_trace` query, and reads a source map for each frame of it: with ten, half of a workflow's time is spent so.
 */
const WORKFLOW_STACK_FRAMES = 2;
/** A follower waits most of its time: many fit. */
const FOLLOWERS = 1_000;

/** How a worker ended: everything let go, or something had to be left behind. */
export type WorkerEnd = 'drained' | 'forced';

/**
 * Connects (waiting for Temporal and its namespace as long as it takes), polls every queue of its zones, and returns when `stop` has fired and
 * everything in flight has ended or was let go.
 */
export async function runWorker(parts: {
  readonly config: WorkerConfig;
  readonly activities: ActivitiesByQueue;
  readonly log: Logger;
  readonly stop: AbortSignal;
  readonly ready: () => void;
}): Promise<WorkerEnd> {
  const { config, activities, log, stop, ready } = parts;
  // For threads that begin from here on, as the one that runs workflows; this one has its own limit already.
  setFlagsFromString(`--stack-trace-limit=${WORKFLOW_STACK_FRAMES}`);
  const logger = temporalLogger(log);
  // Signals are handled by whoever gave us `stop`.
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'WARN', forward: {} } },
  });
  const bundle = await workflowBundle(config.bundles, logger);
  const connection = await connect(config.temporal, stop, log);
  if (!connection) return 'drained';
  const shared = {
    connection,
    namespace: config.temporal.namespace,
    dataConverter,
    shutdownGraceTime: GRACE_MS,
    shutdownForceTime: FORCE_MS,
    stickyQueueScheduleToStartTimeout: STICKY_MS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
  };
  try {
    const workers: Worker[] = [];
    for (const zone of config.zones) {
      const workflows = zone === DEFAULT_ZONE ? { workflowBundle: bundle } : {};
      const { main, follow } = activities;
      workers.push(
        await Worker.create({ ...shared, ...workflows, taskQueue: zoneQueue(zone), activities: main }),
      );
      const slots = { maxConcurrentActivityTaskExecutions: FOLLOWERS };
      workers.push(
        await Worker.create({ ...shared, ...slots, taskQueue: followQueue(zone), activities: follow }),
      );
    }
    return await runAll(workers, stop, ready, log);
  } finally {
    // A worker that could not be made whole still holds it: then the process's end closes it.
    await connection
      .close()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'connection stays open'));
  }
}

async function runAll(
  workers: readonly Worker[],
  stop: AbortSignal,
  ready: () => void,
  log: Logger,
): Promise<WorkerEnd> {
  const shutdown = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  const running = workers.map((worker) => worker.run());
  if (stop.aborted) shutdown();
  else stop.addEventListener('abort', shutdown, { once: true });
  log.info({ queues: workers.map((worker) => worker.options.taskQueue) }, 'worker polls');
  ready();
  try {
    // One that fails takes the others with it: a worker that serves half of its queues only looks well.
    await Promise.all(
      running.map((run) =>
        run.catch((error) => {
          shutdown();
          throw error;
        }),
      ),
    );
    return 'drained';
  } catch (error) {
    await Promise.allSettled(running);
    if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
    log.warn('something in flight did not let go in time; another worker will follow it');
    return 'forced';
  }
}

async function connect(
  temporal: TemporalTarget,
  stop: AbortSignal,
  log: Logger,
): Promise<NativeConnection | undefined> {
  let said = false;
  const { namespace } = temporal;
  const options = connectionTo(temporal);
  while (!stop.aborted) {
    let connection: NativeConnection | undefined;
    try {
      connection = await NativeConnection.connect(options);
      // A Temporal that has just begun may answer before it has its namespaces.
      await connection.workflowService.describeNamespace({ namespace });
      return connection;
    } catch (error) {
      if (!said)
        log.info({ address: options.address, namespace, error: String(error) }, 'waiting for Temporal');
      said = true;
      await connection?.close();
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }
  return undefined;
}
