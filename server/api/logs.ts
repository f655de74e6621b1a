import { z } from 'zod';

/** Which streams of a run have output. Read one at `/api/runs/RUN/log`. */
export const LogList = z
  .object({
    logs: z.array(
      z.object({
        step: z.string(),
        host: z.string(),
        generation: z.number().int(),
        stream: z.enum(['out', 'err']),
        bytes: z.number().int(),
        truncated: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'LogList' });
export type LogList = z.output<typeof LogList>;

/** Names one stream of one attempt. Left out: `generation` the newest, `stream` out. */
export const LogQuery = z.object({
  step: z.string(),
  host: z.string(),
  generation: z.coerce.number().int().min(0).optional(),
  stream: z.enum(['out', 'err']).default('out'),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_048_576).default(65_536),
});
export type LogQuery = z.output<typeof LogQuery>;

/**
 * `text` is UTF-8 cut at a character's end; ask again from `next`. `ended`: nothing will follow. `truncated`: the command said more
 * than the `bytes` that are kept.
 */
export const LogPiece = z
  .object({
    step: z.string(),
    host: z.string(),
    generation: z.number().int(),
    stream: z.enum(['out', 'err']),
    offset: z.number().int(),
    text: z.string(),
    next: z.number().int(),
    bytes: z.number().int(),
    ended: z.boolean(),
    truncated: z.boolean(),
  })
  .meta({ id: 'LogPiece' });
export type LogPiece = z.output<typeof LogPiece>;
