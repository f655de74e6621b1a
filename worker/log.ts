import { DefaultLogger, type LogLevel, type Logger as TemporalLogger } from '@temporalio/worker';
import { destination, type Logger, pino } from 'pino';

/** JSON lines appended to a file. Written at once: what a crash was about is the line before it. */
export function openLog(file: string, name: string, level = 'info'): Logger {
  return pino({ name, level }, destination({ dest: file, append: true, mkdir: true, sync: true }));
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
