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

/** Something to be done by hand. */
export const manualSchema = z.strictObject({
  ...commonKeys,
  manual: z.union(
    [
      filledText,
      z.strictObject({
        do: filledText,
        by: oneOrMany(filledText).optional(),
        expires: duration.optional(),
        show: oneOrMany(filledText).optional(),
      }),
    ],
    { error: 'manual is what there is to do, or a mapping with do, by, expires and show.' },
  ),
});

export type ManualForm = z.output<typeof manualSchema>;
export type SetForm = z.output<typeof setSchema>;
export type CheckForm = z.output<typeof checkSchema>;
export type ApproveForm = z.output<typeof approveSchema>;
