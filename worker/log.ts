import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { DefaultLogger, type LogLevel, type Logger as TemporalLogger } from '@temporalio/worker';
import { type Logger, pino } from 'pino';

const STDOUT = 1;

/**
 * JSON lines appended to a file, or on standard output where none is named. Written at once: what a crash was about is the line before it. A line that can't be written,
 * as on a full disk, is dropped: nobody may die of having nothing to write on.
 */
export function openLog(file: string | undefined, name: string, level = 'info'): Logger {
  if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  const at = file === undefined ? STDOUT : openSync(file, 'a', 0o600);
  return pino(
    { name, level },
    lines((bytes) => writeSync(at, bytes)),
  );
}

/** Whole lines through a `write` that may take fewer bytes than it is given, or throw. What follows half a line begins anew. */
export function lines(write: (bytes: Uint8Array) => number): { write(line: string): void } {
  let half = false;
  return {
    write(line) {
      let bytes: Uint8Array = Buffer.from(half ? `\n${line}` : line);
      try {
        while (bytes.length > 0) {
          const taken = write(bytes);
          half = taken < bytes.length;
          bytes = bytes.subarray(taken);
        }
      } catch {
        // Nowhere to say it: the next line may find room.
      }
    },
  };
}

/** What Temporal's SDK has to say, in the same log. */
export function temporalLogger(log: Logger): TemporalLogger {
  return new DefaultLogger('INFO', ({ level, message, meta }) => {
    log[pinoLevel(level)]({ temporal: meta ?? {} }, message);
  });
}

function pinoLevel(level: LogLevel): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  switch (level) {
    case 'TRACE':
      return 'trace';
    case 'DEBUG':
      return 'debug';
    case 'INFO':
      return 'info';
    case 'WARN':
      return 'warn';
    case 'ERROR':
      return 'error';
  }
}
