import { HoldfastError } from '../plan/errors.ts';
import { composeWorker } from './compose.ts';
import { readConfig } from './config.ts';
import { openLog } from './log.ts';
import { tellParent, whenParentGoes } from './parent.ts';
import { runWorker } from './run.ts';

/** Exit codes: 0 drained, 1 it failed or had to leave something behind, 2 its arguments are wrong. */
async function main(argv: readonly string[]): Promise<number> {
  const config = readConfig(argv, process.env);
  const log = openLog(config.log, 'worker');
  const stop = new AbortController();
  const stopFor = (why: string) => {
    if (!stop.signal.aborted) log.info({ why }, 'worker stops');
    stop.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stopFor(signal));
  whenParentGoes(() => stopFor('its parent is gone'));

  try {
    await using worker = await composeWorker(config, log, stop.signal);
    const ready = () => tellParent({ kind: 'ready' });
    const end = await runWorker({ config, activities: worker.activities, log, stop: stop.signal, ready });
    log.info({ end }, 'worker stopped');
    return end === 'drained' ? 0 : 1;
  } catch (error) {
    log.fatal({ err: error }, 'worker failed');
    return 1;
  }
}

main(process.argv.slice(2)).then(
  // Not by itself: a thread that did not let go would keep the process alive.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof HoldfastError ? `${error.message}\nNext: ${error.mend}` : error);
    process.exit(2);
  },
);
