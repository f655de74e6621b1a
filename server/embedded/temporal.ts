import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { HoldfastError } from '../../plan/errors.ts';
import { connectionTo, type TemporalTarget } from '../../worker/temporalTarget.ts';
import { type Supervised, type SupervisedEvent, supervise } from './supervise.ts';

/**
 * Temporal's own defaults round timers up to a second and let each shard pass on 20 tasks a second: they cost more
 * than everything else together (a sequential activity 92 ms instead of 21, `sleep(50 ms)` 1,016 instead of 85).
 */
export const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxPollRPS=10000',
  'history.timerProcessorMaxTimeShift="10ms"',
];

/**
 * Runs a program that knows nothing of us and ends it when we are gone, also after our `kill -9`: the shell's standard input
 * is a pipe whose other end only we hold.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
trap 'kill -TERM $child 2>/dev/null' TERM INT HUP
( trap - TERM INT HUP; read -r _ <&3; kill -TERM $child 2>/dev/null; sleep 5; kill -KILL $child 2>/dev/null ) &
guard=$!
while :; do wait $child; code=$?; kill -0 $child 2>/dev/null || break; done
kill -KILL $guard 2>/dev/null
exit $code
`;

/** Keeps Temporal's development server running, with its data in one file. */
export function superviseTemporal(parts: {
  readonly program: string;
  readonly database: string;
  readonly port: number;
  readonly log: string;
  readonly changed: (event: SupervisedEvent) => void;
}): Supervised {
  const args = [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(parts.port)],
    ...['--db-filename', parts.database, '--log-level', 'warn'],
    ...DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
  ];
  return supervise({
    changed: parts.changed,
    spawn() {
      const log = openSync(parts.log, 'a', 0o600);
      try {
        // A group of its own: Ctrl-C at the terminal must not end it before the worker has let go.
        return spawn('/bin/sh', ['-c', GUARD, 'holdfast-temporal', parts.program, ...args], {
          stdio: ['pipe', log, log],
          detached: true,
        });
      } finally {
        closeSync(log);
      }
    },
  });
}

const TRY_AGAIN_MS = 50;
/** gRPC's code for "there is no such namespace". */
const NOT_FOUND = 5;

/**
 * Resolves when the namespace can be used. Throws `engine/unreachable` after `withinMs`. `log`: where it is our own, what it
 * writes; left out for one that somebody else runs.
 */
export async function temporalAnswers(
  temporal: TemporalTarget,
  withinMs: number,
  log?: string,
): Promise<void> {
  const { address, namespace } = temporal;
  const until = performance.now() + withinMs;
  const connection = Connection.lazy(connectionTo(temporal));
  let last: unknown;
  try {
    while (performance.now() < until) {
      try {
        await connection.withDeadline(Date.now() + 1_000, () =>
          connection.workflowService.describeNamespace({ namespace }),
        );
        return;
      } catch (error) {
        last = error;
        await pause(TRY_AGAIN_MS);
      }
    }
  } finally {
    await connection.close();
  }
  const noNamespace = isGrpcServiceError(last) && last.code === NOT_FOUND;
  throw new HoldfastError(
    'engine/unreachable',
    noNamespace
      ? `Temporal at ${address} has no namespace ${namespace}.`
      : `No Temporal answered at ${address} within ${Math.round(withinMs / 1000)} s.`,
    log !== undefined
      ? `See ${log}.`
      : noNamespace
        ? 'Name one that it has with --namespace, or make it there.'
        : 'Correct --temporal HOST:PORT, or leave it out: then Holdfast starts one of its own.',
    { cause: last },
  );
}
