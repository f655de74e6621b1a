import { createInterface } from 'node:readline/promises';
import { isAbort } from './client/api.ts';

/** What a person types after a question on standard error. Undefined where the signal fired or Ctrl-C was typed. */
export async function ask(
  question: string,
  signal?: AbortSignal,
  interrupted: () => void = () => {},
): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  lines.on('SIGINT', () => {
    ended.abort();
    interrupted();
  });
  // Ctrl-D: no answer.
  lines.on('close', () => ended.abort());
  try {
    const signals = signal === undefined ? [ended.signal] : [signal, ended.signal];
    return await lines.question(question, { signal: AbortSignal.any(signals) });
  } catch (error) {
    if (isAbort(error)) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}

/** Whether a person said yes; anything else is no. */
export async function confirm(question: string): Promise<boolean> {
  const answer = await ask(`${question} [y/N] `);
  return answer !== undefined && ['y', 'yes'].includes(answer.trim().toLowerCase());
}
