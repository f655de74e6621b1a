import { z } from 'zod';
import { anything, filledText, mapping, oneOrMany, text, whole } from '../language/schema/fields.ts';

/** What a file of tests and each of its cases may say; a case's word is laid over the file's. */
const surroundings = {
  inventory: mapping(anything).optional(),
  inputs: mapping(anything).optional(),
  mock: mapping(anything).optional(),
  answers: mapping(anything).optional(),
  on_failure: z.enum(['hold', 'fail'], { error: 'on_failure is hold or fail.' }).optional(),
  identity: z.enum(['one_owner', 'shared'], { error: 'identity is one_owner or shared.' }).optional(),
  requested_by: filledText.optional(),
};

const STATUSES = ['succeeded', 'failed', 'cancelled', 'rolled_back', 'held', 'waiting', 'refused'] as const;

const expectSchema = z.strictObject(
  {
    status: z.enum(STATUSES, { error: `status is one of ${STATUSES.join(', ')}.` }).optional(),
    at: filledText.optional(),
    said: oneOrMany(filledText).optional(),
    never_said: oneOrMany(filledText).optional(),
    ran: oneOrMany(filledText).optional(),
    never_ran: oneOrMany(filledText).optional(),
    order: z.array(filledText, { error: 'order is a list of steps.' }).optional(),
    times: z
      .record(z.string(), whole(0, 100_000), {
        error: 'times is a mapping: a step and how often it was launched.',
      })
      .optional(),
    hosts: mapping(anything).optional(),
    given: mapping(anything).optional(),
    values: mapping(mapping(anything)).optional(),
    outputs: mapping(anything).optional(),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type'
        ? 'expect is a mapping: status, at, ran, never_ran, said, outputs, …'
        : undefined,
  },
);

export const caseSchema = z.strictObject({
  name: filledText,
  ...surroundings,
  crash: oneOrMany(filledText).optional(),
  expect: expectSchema,
});

/** A file of tests for one runbook. */
export const testSchema = z.strictObject({
  test: z.string({ error: 'The first line says which runbook is tested: test: etcd/rebuild.' }).min(1),
  docs: text.optional(),
  ...surroundings,
  cases: z
    .array(anything, { error: 'cases is a list: a "- " before each case.' })
    .min(1, { error: 'A file of tests needs at least one case.' }),
});

export type TestForm = z.output<typeof testSchema>;
export type CaseForm = z.output<typeof caseSchema>;
export type ExpectForm = z.output<typeof expectSchema>;
