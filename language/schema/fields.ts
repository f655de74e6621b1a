import { z } from 'zod';
import { isReservedName } from '../../plan/expressions/parse.ts';
import { parseDuration } from '../../plan/expressions/quantities.ts';
import type { Tree } from '../yaml/source.ts';

/** Any value, as it stands. What it has to be is known only later. */
export const anything = z.custom<Tree>((value) => value !== undefined, { error: 'A value is missing here.' });

export const text = z.string({ error: 'This has to be a text.' });

export const filledText = text.min(1, { error: 'This has to be a text, and is empty.' });

/** `true` or `false`, and none of the other words that some YAML readers take for them. */
export const flag = z
  .enum(['true', 'false'], {
    error: ({ input }) =>
      /^(yes|no|on|off|true|false|y|n)$/i.test(String(input))
        ? `This has to be true or false, in lower case; ${String(input)} is a text.`
        : 'This has to be true or false.',
  })
  .transform((word) => word === 'true');

export function whole(least: number, most: number) {
  const error = `This has to be a whole number from ${least} to ${most}.`;
  return z
    .string({ error })
    .regex(/^(0|[1-9]\d{0,8})$/, { error })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error });
}

/** Milliseconds. */
export const duration = z
  .string({ error: 'This has to be a duration, as 30s, 5m or 1h30m.' })
  .transform((written, context) => {
    const ms = parseDuration(written);
    if (ms !== undefined && ms <= 366n * 86_400_000n) return Number(ms);
    context.issues.push({
      code: 'custom',
      input: written,
      message:
        ms === undefined
          ? `"${written}" is no duration. Write a number and its unit, as 250ms, 30s, 5m, 1h30m or 2d.`
          : 'This is longer than a year.',
    });
    return z.NEVER;
  });

/** A name that expressions can use. */
export const name = z
  .string({ error: 'This has to be a name.' })
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, {
    error: 'A name begins with a letter and has letters, digits and _ in it (62 at most).',
  })
  .refine((word) => !isReservedName(word), { error: 'The expression language keeps this word for itself.' });

export const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: 'A variable of the environment has letters, digits and _ in its name, and begins with a letter.',
});

/** One, or a list of them. */
export function oneOrMany<T extends z.ZodType>(each: T) {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(each));
}

export const mapping = <V extends z.ZodType>(value: V) =>
  z.record(z.string(), value, {
    error: 'This has to be a mapping: a name, a colon and a value on each line.',
  });

/** Names to values where the names are used in expressions. */
export const named = <V extends z.ZodType>(value: V) =>
  z.record(name, value, { error: 'This has to be a mapping: a name, a colon and a value on each line.' });

export const environment = z.record(environmentName, text, {
  error: 'This has to be a mapping: NAME: value on each line.',
});

/** Requirements: words to an expression. */
export const requirements = z.record(z.string(), filledText, {
  error: 'This has to be a mapping: the requirement in words, a colon and an expression on each line.',
});
