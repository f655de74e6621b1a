import { z } from 'zod';
import { isReservedName } from '../../plan/expressions/parse.ts';
import { parseDuration } from '../../plan/expressions/quantities.ts';
import type { Tree } from '../yaml/source.ts';

/*
 * Forms read every scalar as the text that stands in the file, where an editor sees numbers and truth values: `editor` is the
 * JSON Schema of what may stand there, for `json-schema.ts`.
 */

/** Any value, as it stands. What it has to be is known only later. */
export const anything = z
  .custom<Tree>((value) => value !== undefined, { error: 'A value is missing here.' })
  .meta({ editor: {} });

/** A step: which form it has is known when its keys are. */
export const oneStep = anything.meta({ editor: { $ref: '#/$defs/step' } });

/** A type, as `list<string>` or `{ name: T }`. */
export const typeWord = anything.meta({ editor: { $ref: '#/$defs/type' } });

const TEXT = { type: ['string', 'number', 'boolean'] };

export const text = z.string({ error: 'This has to be a text.' }).meta({ editor: TEXT });

/** A type that stands as a text. */
export const typeText = text.meta({ editor: { $ref: '#/$defs/type' } });

export const filledText = text
  .min(1, { error: 'This has to be a text, and is empty.' })
  .meta({ editor: { ...TEXT, minLength: 1 } });

/** `true` or `false`, and none of the other words that some YAML readers take for them. */
export const flag = z
  .enum(['true', 'false'], {
    error: ({ input }) =>
      /^(yes|no|on|off|true|false|y|n)$/i.test(String(input))
        ? `This has to be true or false, in lower case; ${String(input)} is a text.`
        : 'This has to be true or false.',
  })
  .transform((word) => word === 'true')
  .meta({ editor: { type: 'boolean' } });

export function whole(least: number, most: number) {
  const error = `This has to be a whole number from ${least} to ${most}.`;
  return z
    .string({ error })
    .regex(/^(0|[1-9]\d{0,8})$/, { error })
    .transform(Number)
    .refine((number) => number >= least && number <= most, { error })
    .meta({ editor: { type: 'integer', minimum: least, maximum: most } });
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
  })
  .meta({ editor: { type: 'string', pattern: '^([0-9]+(ms|s|m|h|d))+$', examples: ['30s', '5m', '1h30m'] } });

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
  const one = z.globalRegistry.get(each)?.editor ?? {};
  return z
    .preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(each))
    .meta({ editor: { anyOf: [one, { type: 'array', items: one }] } });
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
