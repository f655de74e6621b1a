import { z } from 'zod';
import {
  anything,
  duration,
  environment,
  filledText,
  flag,
  mapping,
  name,
  requirements,
  text,
  whole,
} from './fields.ts';

/** What every step may have. */
export const commonKeys = {
  id: name.optional(),
  title: filledText.optional(),
  when: filledText.optional(),
  check: requirements.optional(),
  on_failure: z
    .enum(['hold', 'fail', 'continue', 'rollback'], {
      error: 'on_failure is hold, fail, continue or rollback.',
    })
    .optional(),
};

export const retrySchema = z.strictObject(
  {
    within: duration.optional(),
    times: whole(1, 100_000).optional(),
    every: duration.optional(),
    backoff: z
      .string()
      .regex(/^\d{1,3}(\.\d{1,3})?$/, { error: 'backoff is a number from 1 to 100, as 1.5.' })
      .transform(Number)
      .refine((factor) => factor >= 1 && factor <= 100, {
        error: 'backoff is a number from 1 to 100, as 1.5.',
      })
      .meta({ editor: { type: 'number', minimum: 1, maximum: 100 } })
      .optional(),
    when: filledText.optional(),
  },
  { error: strict('retry is a mapping with within or times, and every, backoff and when.') },
);

const outputSchema = z.union([
  text,
  z.strictObject({ type: anything, from: filledText.optional(), sensitive: flag.optional() }),
  mapping(anything),
]);

/** As whom a script runs. */
export const becomeSchema = z.union(
  [
    flag,
    z.strictObject({
      user: filledText.optional(),
      method: z.enum(['sudo'], { error: 'method is sudo.' }).optional(),
      password: filledText.optional(),
    }),
  ],
  { error: 'become is true (root), false, or a mapping with user and password.' },
);

/** What may stand on a step that happens on hosts. */
export const hostKeys = {
  on: filledText.optional(),
  serial: text.optional(),
  max_failures: text.optional(),
  any: flag.optional(),
  effect: z.enum(['read', 'change', 'destroy'], { error: 'effect is read, change or destroy.' }).optional(),
  may_fail: flag.optional(),
  idempotent: flag.optional(),
  on_unknown: z.enum(['ask', 'retry', 'fail'], { error: 'on_unknown is ask, retry or fail.' }).optional(),
  timeout: duration.optional(),
  retry: retrySchema.optional(),
  outputs: z
    .record(name, outputSchema, { error: 'outputs is a mapping: a name, a colon and a type on each line.' })
    .optional(),
  sensitive: flag.optional(),
  rollback: z
    .union([filledText, z.strictObject({ run: filledText, env: environment.optional() })], {
      error: 'rollback is a script, or a mapping with run and env.',
    })
    .optional(),
};

/** What a group and a `use` have to say about how often they happen. */
export const loopKeys = {
  on: filledText.optional(),
  as: name.optional(),
  serial: text.optional(),
  max_failures: text.optional(),
  for_each: anything.optional(),
  parallel: flag.optional(),
};

/** An error for a value that is no mapping at all; unknown keys keep their own. */
export function strict(words: string): (issue: { readonly code?: string }) => string | undefined {
  return (issue) => (issue.code === 'invalid_type' ? words : undefined);
}
