import { z } from 'zod';
import { duration, environment, filledText } from './fields.ts';
import { becomeSchema, commonKeys, hostKeys } from './step.ts';

/** Whether a step is as it should be. */
export const doneSchema = z.union(
  [
    filledText,
    z.strictObject({
      run: filledText,
      every: duration.optional(),
      within: duration.optional(),
      become: becomeSchema.optional(),
    }),
  ],
  { error: 'done is a script, or a mapping with run, every, within and become.' },
);

/** A script on the hosts of `on`. */
export const runSchema = z.strictObject({
  ...commonKeys,
  ...hostKeys,
  run: filledText,
  shell: filledText.optional(),
  env: environment.optional(),
  become: becomeSchema.optional(),
  done: doneSchema.optional(),
});

export type RunForm = z.output<typeof runSchema>;
