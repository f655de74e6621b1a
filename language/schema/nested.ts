import { z } from 'zod';
import { anything, environment, filledText, name, oneStep } from './fields.ts';
import { becomeSchema, commonKeys, loopKeys } from './step.ts';

/** Another runbook as a step. */
export const useSchema = z.strictObject({
  ...commonKeys,
  ...loopKeys,
  use: filledText,
  with: z
    .union([z.array(name), z.record(name, anything)], {
      error: 'with is a list of names that are alike ([members]), or a mapping of input to value.',
    })
    .optional(),
});

/** Steps that belong together. */
export const groupSchema = z.strictObject({
  ...commonKeys,
  ...loopKeys,
  env: environment.optional(),
  become: becomeSchema.optional(),
  steps: z
    .array(oneStep, { error: 'steps is a list: a "- " before each step.' })
    .min(1, { error: 'There is no step here.' }),
});

export type UseForm = z.output<typeof useSchema>;
export type GroupForm = z.output<typeof groupSchema>;
