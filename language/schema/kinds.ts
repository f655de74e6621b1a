import type { z } from 'zod';
import { copySchema } from './copy.ts';
import { httpSchema } from './http.ts';
import { groupSchema, useSchema } from './nested.ts';
import { approveSchema, checkSchema, manualSchema, setSchema } from './once.ts';
import { runSchema } from './run.ts';
import { waitSchema } from './wait.ts';

/** The key that says what a step does, and the form such a step has. */
export const KINDS = {
  run: runSchema,
  http: httpSchema,
  copy: copySchema,
  set: setSchema,
  check: checkSchema,
  approve: approveSchema,
  manual: manualSchema,
  wait: waitSchema,
  use: useSchema,
  steps: groupSchema,
} as const satisfies { readonly [key: string]: z.ZodType };

export type KindKey = keyof typeof KINDS;

/** Every key that some kind of step has, for the nearest known name. */
export const STEP_KEYS: ReadonlySet<string> = new Set(
  Object.values(KINDS).flatMap((schema) => Object.keys(schema.shape)),
);

/** The kinds that have this key. */
export function kindsWith(key: string): readonly string[] {
  return Object.entries(KINDS)
    .filter(([, schema]) => key in schema.shape)
    .map(([kind]) => (kind === 'check' ? 'check alone' : kind));
}
