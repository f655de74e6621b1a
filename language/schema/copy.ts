import { z } from 'zod';
import { filledText } from './fields.ts';
import { becomeSchema, commonKeys, hostKeys, strict } from './step.ts';

const { outputs: _, any: __, idempotent: ___, ...keys } = hostKeys;

/** A file or folder to each host of `on`. */
export const copySchema = z.strictObject({
  ...commonKeys,
  ...keys,
  become: becomeSchema.optional(),
  copy: z.strictObject(
    {
      from: z.union(
        [
          filledText,
          z.strictObject({
            host: filledText,
            path: filledText,
            become: becomeSchema.optional(),
          }),
        ],
        { error: 'from is a file or folder beside the runbook, or a mapping with host and path.' },
      ),
      to: filledText,
      mode: z
        .string()
        .regex(/^0?[0-7]{3}$/, { error: 'mode is three or four octal digits, as 0640.' })
        .transform((digits) => Number.parseInt(digits, 8))
        .meta({ editor: { type: ['string', 'integer'], pattern: '^0?[0-7]{3}$' } })
        .optional(),
      owner: filledText.optional(),
    },
    { error: strict('copy is a mapping with from, to, mode and owner.') },
  ),
});

export type CopyForm = z.output<typeof copySchema>;
