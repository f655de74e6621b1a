import { z } from 'zod';
import { PlanHostView } from './plans.ts';
import { Complaint } from './problem.ts';
import { JsonRecord } from './values.ts';

export const InventoryView = z
  .object({
    hosts: z.array(z.object({ ...PlanHostView.shape, groups: z.array(z.string()), vars: JsonRecord })),
    groups: z.record(z.string(), z.array(z.string())),
    sources: z.array(z.string()),
    warnings: z.array(Complaint),
    unread: z
      .record(z.string(), Complaint)
      .describe('Variables that only Ansible could read, and where they stand: hosts are without them.'),
  })
  .meta({ id: 'Inventory' });
export type InventoryView = z.output<typeof InventoryView>;

export const InventoryCheckRequest = z
  .object({ limit: z.string().optional().describe('A host pattern; left out: every host.') })
  .default({})
  .meta({ id: 'InventoryCheckRequest' });

/** What a host said of itself, or why it could not be asked. `warnings` are what would break a run there. */
export const HostCheck = z
  .object({
    host: z.string(),
    ok: z.boolean(),
    says: z.string(),
    kind: z.string().optional().describe('Why it could not be reached: `refused`, `host_key_changed` …'),
    took_ms: z.number().int(),
    host_key: z
      .string()
      .optional()
      .describe('Type and fingerprint, as `ssh-ed25519 SHA256:…`: known, and right.'),
    user: z.string().optional(),
    home: z.string().optional(),
    system: z.string().optional(),
    sudo: z.boolean().optional(),
    free_bytes: z.number().int().optional().describe('In the home folder.'),
    clock_skew_ms: z.number().int().optional(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'HostCheck' });
export type HostCheck = z.output<typeof HostCheck>;

/** Told while hosts are asked. */
export type CheckProgress = { readonly checked: number; readonly of: number };

export const InventoryCheckAnswer = z
  .object({ hosts: z.array(HostCheck) })
  .meta({ id: 'InventoryCheckAnswer' });
export type InventoryCheckAnswer = z.output<typeof InventoryCheckAnswer>;
