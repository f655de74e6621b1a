import { z } from 'zod';

/** One thing that is wrong with a file or an input, with its place where it has one. */
export const Complaint = z
  .object({
    message: z.string(),
    mend: z.string().optional(),
    code: z.string().optional(),
    file: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
    severity: z.enum(['error', 'warning']).optional(),
    nearest: z.string().optional().describe('The known name that is most alike.'),
  })
  .meta({ id: 'Complaint' });
export type Complaint = z.output<typeof Complaint>;

/** A problem document (RFC 9457) with two more members: a stable `code`, and `mend`, which says what to do next. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    mend: z.string(),
    complaints: z.array(Complaint).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof Problem>;

/** The answers every route may give beside its own. */
export const problems = { '4xx': Problem, '5xx': Problem } as const;
