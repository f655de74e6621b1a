import { createHash } from 'node:crypto';
import type { Digest, HostName, RunId, StepInstance } from '../../plan/ids.ts';
import { digest } from '../../plan/ids.ts';

/** One word for a POSIX shell, whatever is in it. NUL can't be said to a shell; callers refuse it before. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Milliseconds as `sleep` takes them. */
export function seconds(ms: number): string {
  return (Math.max(ms, 0) / 1000).toFixed(3).replace(/\.?0+$/, '') || '0';
}

/** Lower-case hex SHA-256 of a text's UTF-8 bytes. */
export function sha256(text: string | Uint8Array): Digest {
  return digest(createHash('sha256').update(text).digest('hex'));
}

export type JobOf = {
  readonly run: RunId;
  readonly step: StepInstance;
  readonly host: HostName;
  readonly generation: number;
};

/**
 * The job's name on its host. A step instance holds its path and every loop index, so two jobs of a run never share one;
 * a generation that a retry or a person opens has another.
 */
export function jobId(job: JobOf): string {
  return sha256(['job', job.run, job.step, job.host, String(job.generation)].join('\0'));
}
