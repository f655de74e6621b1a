import { z } from 'zod';
import type { Json } from '../../plan/json.ts';

/** What several messages of the API are made of. */

export const JsonValue: z.ZodType<Json, Json> = z.json();
export type JsonValue = z.output<typeof JsonValue>;

export const JsonRecord = z.record(z.string(), JsonValue);
export type JsonRecord = z.output<typeof JsonRecord>;

/** Milliseconds since the epoch. */
export const Instant = z.number().int();

export const RunIdText = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a run id is letters, digits, dots and dashes')
  .describe('Identifies a run; `@last` is the newest one.')
  .or(z.literal('@last'));

export const OutcomeText = z.enum([
  'succeeded',
  'unchanged',
  'skipped',
  'failed',
  'timed_out',
  'unreachable',
  'unknown',
  'cancelled',
  'rolled_back',
]);

export const RunStatusText = z.enum([
  'requested',
  'queued',
  'running',
  'waiting',
  'paused',
  'held',
  'succeeded',
  'failed',
  'cancelled',
  'rolled_back',
  'interrupted',
]);

export const ActionKind = z.enum([
  'approve',
  'reject',
  'confirm',
  'pause',
  'resume',
  'retry',
  'skip',
  'resolve',
  'abort',
]);

export const ActorView = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('person'), subject: z.string(), issuer: z.string() }),
    z.object({ kind: z.literal('token'), name: z.string() }),
    z.object({ kind: z.literal('schedule'), name: z.string() }),
    z.object({ kind: z.literal('engine') }),
  ])
  .meta({ id: 'Actor' });
export type ActorView = z.output<typeof ActorView>;
