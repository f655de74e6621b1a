import { z } from 'zod';
import {
  anything,
  environment,
  filledText,
  flag,
  named,
  oneOrMany,
  oneStep,
  requirements,
  text,
  typeText,
  typeWord,
} from './fields.ts';

export const inputSchema = z.union(
  [
    typeText,
    z.strictObject({
      type: typeWord,
      default: anything.optional(),
      help: text.optional(),
      values: z.array(text).optional(),
      min: text.optional(),
      max: text.optional(),
      pattern: text.optional(),
      optional: flag.optional(),
    }),
  ],
  {
    error:
      'An input is a type, or a mapping with type, default, help, values, min, max, pattern and optional.',
  },
);

/** A runbook's file. */
export const runbookSchema = z.strictObject({
  holdfast: z
    .literal('1', {
      error: ({ input }) =>
        input === undefined
          ? 'The first line says the version of the language: holdfast: 1.'
          : 'This version of Holdfast reads version 1 of the language.',
    })
    .meta({ editor: { const: 1 } }),
  name: z
    .string({ error: 'A runbook needs a name.' })
    .regex(/^[a-z0-9][a-z0-9_.-]*(\/[a-z0-9][a-z0-9_.-]*)*$/, {
      error: 'A name is made of lower-case letters, digits, - and _, with / between folders: etcd/rebuild.',
    }),
  summary: filledText.optional(),
  docs: text.optional(),
  inputs: named(inputSchema).optional(),
  requires: requirements.optional(),
  include: oneOrMany(filledText).optional(),
  host_vars: named(text).optional(),
  env: environment.optional(),
  secrets: named(filledText).optional(),
  locks: z.array(filledText, { error: 'locks is a list: [members].' }).optional(),
  on: filledText.optional(),
  steps: z
    .array(oneStep, { error: 'steps is a list: a "- " before each step.' })
    .min(1, { error: 'A runbook needs at least one step.' }),
  outputs: named(filledText).optional(),
  report: z.array(filledText, { error: 'report is a list of step ids: [triage, finish].' }).optional(),
});

/** A file that others include. */
export const fragmentSchema = z.strictObject({
  include: oneOrMany(filledText).optional(),
  host_vars: named(text).optional(),
  env: environment.optional(),
  secrets: named(filledText).optional(),
});

export type RunbookForm = z.output<typeof runbookSchema>;
export type InputForm = z.output<typeof inputSchema>;
