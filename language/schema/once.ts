import { z } from 'zod';
import { duration, filledText, flag, named, oneOrMany, requirements, whole } from './fields.ts';
import { commonKeys } from './step.ts';

/** Names for later steps. */
export const setSchema = z.strictObject({
  ...commonKeys,
  set: named(filledText).optional(),
  choose: named(filledText).optional(),
});

/** Requirements that stand alone. */
export const checkSchema = z.strictObject({ ...commonKeys, check: requirements });

/** A gate. */
export const approveSchema = z.strictObject({
  ...commonKeys,
  approve: z.strictObject({
    ask: filledText,
    by: oneOrMany(filledText).optional(),
    count: whole(1, 20).optional(),
    allow_requester: flag.optional(),
    expires: duration.optional(),
    show: oneOrMany(filledText).optional(),
  }),
});

export type SetForm = z.output<typeof setSchema>;
export type CheckForm = z.output<typeof checkSchema>;
export type ApproveForm = z.output<typeof approveSchema>;
