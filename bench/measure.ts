/** The middle one; of an even number the upper of the two. */
export function median(numbers: readonly number[]): number {
  return at(numbers, 0.5);
}

/** The value below which so large a part of them lies. */
export function at(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}

/** Milliseconds from each to the next. */
export function gaps(times: readonly number[]): readonly number[] {
  return times.slice(1).map((time, index) => time - (times[index] ?? time));
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

/** Milliseconds of each of `times` calls, one after the other. */
export async function each(times: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) found.push(await timed(work));
  return found;
}

type Competitors = { readonly [name: string]: () => Promise<unknown> };
type Answers<Of extends Competitors> = { [Name in keyof Of]: Awaited<ReturnType<Of[Name]>>[] };

/**
 * Each of the competitors once, then each once more, and so on: what else the machine does meanwhile hits all of them. All
 * answers of a competitor, in order.
 */
export async function interleaved<Of extends Competitors>(
  rounds: number,
  competitors: Of,
): Promise<Answers<Of>> {
  const answers: Partial<Record<string, unknown[]>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, compete] of Object.entries(competitors)) {
      const before = answers[name] ?? [];
      answers[name] = [...before, await compete()];
    }
  }
  // Each list holds the answers of the function of that name.
  return answers as Answers<Of>;
}
