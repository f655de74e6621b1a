import { randomInt } from 'node:crypto';
import { type RunId, runId } from '../../plan/ids.ts';

/** No letters that look like digits, and no vowel but a and e: nothing to misread, hardly a word. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const DAY_MS = 86_400_000;
const TIME_DIGITS = 4;

/**
 * `r-20261123-h3k2x7`: the day (UTC), then four digits of the time of day (steps of 82 ms), then two at random: short
 * enough to say aloud, and in order of time when sorted as text. Whoever records a run checks that the id is new.
 */
export function newRunId(
  now: number,
  random: (below: number) => number = (below) => randomInt(below),
): RunId {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
  const steps = ALPHABET.length ** TIME_DIGITS;
  let left = Math.floor(((now % DAY_MS) / DAY_MS) * steps);
  let time = '';
  for (let i = 0; i < TIME_DIGITS; i += 1) {
    time = digit(left % ALPHABET.length) + time;
    left = Math.floor(left / ALPHABET.length);
  }
  return runId(`r-${day}-${time}${digit(random(ALPHABET.length))}${digit(random(ALPHABET.length))}`);
}

/** The same for a plan's questions to hosts, which are no run: `p-20261123-h3k2x7`. */
export function newProbeId(now: number): RunId {
  return runId(`p${newRunId(now).slice(1)}`);
}

function digit(value: number): string {
  return ALPHABET.charAt(value);
}
