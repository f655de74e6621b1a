import { z } from 'zod';
import { environment, filledText } from './fields.ts';
import { doneSchema } from './run.ts';
import { becomeSchema, commonKeys, hostKeys } from './step.ts';

/** A time; with `done` at most that, until it holds on each host of `on`. */
export const waitSchema = z.strictObject({
  ...commonKeys,
  wait: filledText,
  done: doneSchema.optional(),
  on: hostKeys.on,
  any: hostKeys.any,
  may_fail: hostKeys.may_fail,
  max_failures: hostKeys.max_failures,
  outputs: hostKeys.outputs,
  shell: filledText.optional(),
  env: environment.optional(),
  become: becomeSchema.optional(),
});

export type WaitForm = z.output<typeof waitSchema>;
