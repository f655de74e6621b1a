import { z } from 'zod';

/** One look at one part: what was seen, and what to do where it is not well. */
export const DoctorCheck = z
  .object({
    name: z.string(),
    level: z.enum(['ok', 'warning', 'error']),
    says: z.string(),
    mend: z.string().optional(),
  })
  .meta({ id: 'DoctorCheck' });
export type DoctorCheck = z.output<typeof DoctorCheck>;

export const DoctorAnswer = z
  .object({ ok: z.boolean(), checks: z.array(DoctorCheck) })
  .meta({ id: 'Doctor' });
export type DoctorAnswer = z.output<typeof DoctorAnswer>;

export const Health = z.object({ ok: z.boolean(), says: z.string() }).meta({ id: 'Health' });
