import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Supervised, type SupervisedEvent, supervise } from './supervise.ts';

/** The worker's entry has our own ending: `.ts` in a checkout, `.js` where it was built. */
const ENTRY = fileURLToPath(new URL(`../../worker/main${extname(import.meta.filename)}`, import.meta.url));

/** Keeps a worker process running. It stops by itself when this process is gone: the channel between them closes. */
export function superviseWorker(parts: {
  readonly args: readonly string[];
  /** The file for what it says outside of its log; left out: where this process says it. */
  readonly errors?: string;
  readonly ready: (pid: number) => void;
  readonly changed: (event: SupervisedEvent) => void;
}): Supervised {
  return supervise({
    changed: parts.changed,
    spawn() {
      const errors = parts.errors === undefined ? 'inherit' : openSync(parts.errors, 'a', 0o600);
      try {
        const child = fork(ENTRY, parts.args, {
          stdio: ['ignore', errors, errors, 'ipc'],
          detached: true,
          // Those of this process are not its own: a program given with `-e` would run a second time.
          execArgv: [],
        });
        child.on('message', (message) => {
          if (isReady(message) && child.pid !== undefined) parts.ready(child.pid);
        });
        return child;
      } finally {
        if (errors !== 'inherit') closeSync(errors);
      }
    },
  });
}

function isReady(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready';
}
