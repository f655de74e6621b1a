import type { Logger } from 'pino';
import { composeWorker } from './compose.ts';
import type { WorkerConfig } from './config.ts';
import { runWorker } from './run.ts';

/**
 * Runs a worker until this process is told to stop, and answers the exit code: 0 drained, 1 it had to leave something
 * behind. What it failed of is logged and thrown. `stopWhen` is called once, with how to stop it for another reason than a signal.
 */
export async function workerProcess(parts: {
  readonly config: WorkerConfig;
  readonly log: Logger;
  readonly ready: () => void;
  readonly stopWhen?: (stop: (why: string) => void) => void;
}): Promise<number> {
  const { config, log, ready } = parts;
  const stop = new AbortController();
  const stopFor = (why: string) => {
    if (!stop.signal.aborted) log.info({ why }, 'worker stops');
    stop.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopFor(signal));
  parts.stopWhen?.(stopFor);

  try {
    await using worker = await composeWorker(config, log, stop.signal);
    const end = await runWorker({ config, activities: worker.activities, log, stop: stop.signal, ready });
    log.info({ end }, 'worker stopped');
    return end === 'drained' ? 0 : 1;
  } catch (error) {
    log.fatal({ err: error }, 'worker failed');
    throw error;
  }
}
