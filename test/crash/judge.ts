import type { Entry } from '../../ledger/events.ts';
import { LINES, lineOf } from './scenario.ts';

/** All that there is to know of one run on one host. */
export type Evidence = {
  readonly host: string;
  /** The witness file: one line for each command that was started. */
  readonly lines: readonly string[];
  readonly entries: readonly Entry[];
};

export type Judgement = {
  /** Commands that were started more often than the ledger and a person allow. */
  readonly duplicates: readonly string[];
  /** Commands that the run says were done and that nobody started. */
  readonly losses: readonly string[];
  /** Commands whose fate was asked for. */
  readonly unknown: readonly string[];
};

/**
 * Counts the witness's lines against the ledger. A command is started exactly once; where its fate was unknown, once more
 * for each time that a person who found no line said to run it again, and then it has left one line all the same.
 */
export function judged({ host, lines, entries }: Evidence): Judgement {
  const duplicates: string[] = [];
  const losses: string[] = [];
  for (const line of LINES) {
    const count = lines.filter((one) => one === line).length;
    if (count > 1) duplicates.push(`${host}: ${line}, ${count} times`);
    if (count === 0) losses.push(`${host}: ${line}`);
  }
  const unknown = entries.flatMap((entry) =>
    entry.kind === 'attempt.ended' &&
    entry.data.result.outcome === 'unknown' &&
    entry.data.result.host === host
      ? [entry.data.step]
      : [],
  );
  for (const step of unknown) {
    const asked = entries.some(
      ({ kind, data }) => kind === 'run.held' && data.step === step && data.hosts.some((one) => one === host),
    );
    if (!asked) losses.push(`${host}: ${lineOf(step)}, never asked`);
  }
  return { duplicates, losses, unknown: unknown.map(lineOf) };
}

/** Whether the record of a run is whole: it ended once, as expected, and each step on each host once in each generation. */
export function wrongInRecord(entries: readonly Entry[], hosts: readonly string[]): readonly string[] {
  const wrong: string[] = [];
  const ends = entries.filter(({ kind }) => kind === 'run.ended');
  const [end] = ends;
  if (ends.length !== 1 || end?.kind !== 'run.ended') wrong.push(`it ended ${ends.length} times`);
  else if (end.data.status !== 'succeeded') wrong.push(`it ended ${end.data.status}: ${end.data.why ?? ''}`);
  const attempts = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind !== 'attempt.ended') continue;
    const { host, generation } = entry.data.result;
    const key = `${entry.data.step} on ${host}, generation ${generation}`;
    attempts.set(key, (attempts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of attempts) if (count !== 1) wrong.push(`${key} ended ${count} times`);
  for (const host of hosts) {
    const ended = new Set(
      entries.flatMap((entry) =>
        entry.kind === 'attempt.ended' && entry.data.result.host === host ? [lineOf(entry.data.step)] : [],
      ),
    );
    for (const line of LINES) if (!ended.has(line)) wrong.push(`${line} on ${host} has no end in the record`);
  }
  return wrong;
}
