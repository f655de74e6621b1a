import { z } from 'zod';
import { duration, environment, filledText } from './fields.ts';
import { commonKeys, hostKeys } from './step.ts';

/** A script on the hosts of `on`. */
export const runSchema = z.strictObject({
  ...commonKeys,
  ...hostKeys,
  run: filledText,
  shell: filledText.optional(),
  env: environment.optional(),
  done: z
    .union(
      [
        filledText,
        z.strictObject({ run: filledText, every: duration.optional(), within: duration.optional() }),
      ],
      { error: 'done is a script, or a mapping with run, every and within.' },
    )
    .optional(),
});

export type RunForm = z.output<typeof runSchema>;
