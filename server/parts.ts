import type { Logger } from 'pino';
import type { SshPool } from '../activities/ssh/ssh.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { OpenLedger } from '../ledger/open.ts';
import type { Actor } from '../plan/operator.ts';
import { createDoctor, type Doctor } from './doctor/doctor.ts';
import type { Engine } from './engine/engine.ts';
import { createInventoryService, type InventoryService } from './inventory/service.ts';
import { createLogService, type LogService } from './logs/service.ts';
import { createOutbox, type Outbox } from './operator/outbox.ts';
import { createOperatorService, type OperatorService } from './operator/service.ts';
import { createPlanService, type PlanService } from './plans/service.ts';
import type { Prober } from './probes/prober.ts';
import type { RunbookLibrary } from './runbooks/library.ts';
import { createRunEvents, type RunEvents } from './runs/events.ts';
import { createHindrances, type Hindrances } from './runs/hindrances.ts';
import { createInterrupted, type Interrupted } from './runs/interrupted.ts';
import { createLockRecords, type LockRecords } from './runs/locks.ts';
import { createRunRecords, type RunRecords } from './runs/records.ts';
import { createRunService, type RunService } from './runs/service.ts';
import { createStarter, type Starter } from './runs/starter.ts';

/** What comes from outside: everything that a test may want to replace. */
export type Outside = {
  readonly ledger: OpenLedger;
  readonly engine: Engine;
  readonly library: RunbookLibrary;
  readonly readInventory: () => Promise<Inventory>;
  readonly ssh: SshPool;
  readonly prober: Prober;
  readonly actor: Actor;
  readonly token: string;
  readonly dataDir: string;
  readonly log: Logger;
  readonly clock: () => number;
  readonly restarts: () => { readonly worker: number; readonly temporal: number };
  /** Fires when the server closes: followers end. */
  readonly closing: AbortSignal;
  /** How long an operator's request waits for the run's answer. */
  readonly answerWaitMs?: number;
};

export type Parts = Outside & {
  readonly interrupted: Interrupted;
  readonly hindrances: Hindrances;
  readonly records: RunRecords;
  readonly starter: Starter;
  readonly outbox: Outbox;
  readonly operator: OperatorService;
  readonly inventory: InventoryService;
  readonly plans: PlanService;
  readonly runs: RunService;
  readonly logs: LogService;
  readonly events: RunEvents;
  readonly locks: LockRecords;
  readonly doctor: Doctor;
};

/** The services over what comes from outside, each built of those before it. */
export function composeParts(outside: Outside): Parts {
  const { ledger, engine, clock, answerWaitMs } = outside;
  const interrupted = createInterrupted();
  const hindrances = createHindrances();
  const records = createRunRecords({ ledger, interrupted, hindrances, clock });
  const starter = createStarter(ledger, engine, clock);
  const outbox = createOutbox({ ...outside, records });
  const wait = answerWaitMs === undefined ? {} : { waitMs: answerWaitMs };
  const operator = createOperatorService({ ...outside, outbox, records, starter, interrupted, ...wait });
  const inventory = createInventoryService({ ...outside, read: outside.readInventory });
  const plans = createPlanService({ ...outside, inventory });
  const runs = createRunService({ ...outside, plans, records, starter });
  const logs = createLogService(ledger);
  const events = createRunEvents(ledger, outside.closing);
  const locks = createLockRecords(ledger, interrupted);
  const doctor = createDoctor({ ...outside, inventory, interrupted });
  return {
    ...outside,
    interrupted,
    hindrances,
    records,
    starter,
    outbox,
    operator,
    inventory,
    plans,
    runs,
    logs,
    events,
    locks,
    doctor,
  };
}
