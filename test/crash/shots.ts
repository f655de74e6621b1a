import { KILLED, type Killed } from './killers.ts';
import { MOMENTS, type Moment } from './moments.ts';
import { type Random, seeded } from './random.ts';
import { LINES } from './scenario.ts';

/** One strike: what is killed, when, in the step that writes which line. */
export type Shot = { readonly killed: Killed; readonly moment: Moment; readonly line: string };

/** The shots of a round, in the order of their steps. `seed` decides what else is drawn in it. */
export type Volley = { readonly shots: readonly Shot[]; readonly seed: number };

/** A supervisor is there to be killed only at these; everything else at each. */
const SUPERVISED: readonly Moment[] = ['mkdir', 'go', 'running', 'at random'];

/** Every pair of a moment and something that can be killed at it. `only` names what is killed, with commas. */
function pairs(only: string): readonly Omit<Shot, 'line'>[] {
  const named = KILLED.filter((name) => only === '' || only.split(',').includes(name));
  return named.flatMap((killed) =>
    MOMENTS.filter((moment) => killed !== 'supervisor' || SUPERVISED.includes(moment)).map((moment) => ({
      killed,
      moment,
    })),
  );
}

/**
 * The rounds of a series: all pairs before one comes again, in an order and at steps that the seed decides, so that a short
 * series meets as many different ones as it has shots.
 */
export function volleys(
  shots: number,
  seed: number,
  options: { readonly each: number; readonly only?: string },
): readonly Volley[] {
  const random = seeded(seed);
  const all = pairs(options.only ?? '');
  const drawn: Omit<Shot, 'line'>[] = [];
  while (drawn.length < shots) drawn.push(...shuffled(all, random));
  const rounds: Volley[] = [];
  for (let at = 0; at < shots; at += options.each) {
    const ones = drawn.slice(at, Math.min(at + options.each, shots));
    const lines = shuffled(LINES, random).slice(0, ones.length);
    const inOrder = LINES.filter((line) => lines.includes(line));
    const placed = ones.map((one, index) => ({ ...one, line: inOrder[index] ?? 'last' }));
    rounds.push({ shots: placed, seed: seed * 10_000 + rounds.length });
  }
  return rounds;
}

export function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  return list
    .map((item) => ({ item, at: random.below(1) }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
