import { HoldfastError } from '../plan/errors.ts';
import { readConfig } from './config.ts';
import { openLog } from './log.ts';
import { tellParent, whenParentGoes } from './parent.ts';
import { workerProcess } from './workerProcess.ts';

/** The worker that `holdfast up` keeps. Exit codes: 0 drained, 1 it failed or had to leave something behind, 2 its arguments are wrong. */
async function main(argv: readonly string[]): Promise<number> {
  const config = readConfig(argv, process.env);
  return workerProcess({
    config,
    log: openLog(config.log, 'worker'),
    ready: () => tellParent({ kind: 'ready' }),
    stopWhen: (stop) => whenParentGoes(() => stop('its parent is gone')),
  }).catch(() => 1);
}

main(process.argv.slice(2)).then(
  // Not by itself: a thread that did not let go would keep the process alive.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof HoldfastError ? `${error.message}\nNext: ${error.mend}` : error);
    process.exit(2);
  },
);
