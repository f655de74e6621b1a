import { z } from 'zod';
import { Complaint } from './problem.ts';
import { JsonValue } from './values.ts';

export const RunbookInput = z
  .object({
    name: z.string(),
    type: z.string().describe('As written in the runbook: `string`, `hosts`, `choice(a, b)` …'),
    required: z.boolean(),
    default: JsonValue.optional(),
    help: z.string().optional(),
  })
  .meta({ id: 'RunbookInput' });
export type RunbookInput = z.output<typeof RunbookInput>;

export const RunbookSummary = z
  .object({
    name: z.string(),
    summary: z.string(),
    file: z.string(),
    complaints: z.number().int().describe('How many complaints the file has; with any it cannot be planned.'),
  })
  .meta({ id: 'RunbookSummary' });
export type RunbookSummary = z.output<typeof RunbookSummary>;

export const RunbookList = z.object({ runbooks: z.array(RunbookSummary) }).meta({ id: 'RunbookList' });
export type RunbookList = z.output<typeof RunbookList>;

export const RunbookDetail = z
  .object({
    name: z.string(),
    summary: z.string(),
    file: z.string(),
    docs: z.string().optional(),
    inputs: z.array(RunbookInput),
    steps: z.array(z.object({ id: z.string(), kind: z.string(), title: z.string().optional() })),
    source: z.string(),
    complaints: z.array(Complaint),
  })
  .meta({ id: 'RunbookDetail' });
export type RunbookDetail = z.output<typeof RunbookDetail>;
