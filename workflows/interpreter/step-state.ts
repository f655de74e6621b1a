import type { ValueMap } from '../../plan/expressions/values.ts';
import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { HostResult, Outcome } from '../../plan/outcomes.ts';
import type { Step } from '../../plan/plan.ts';
import type { Turns } from './loop-turns.ts';

/** What is known of a step while and after it happens. */
export type StepState = {
  readonly step: Step;
  readonly instance: StepInstance;
  outcome: Outcome | 'running';
  /** For steps on hosts, in inventory order: the hosts it is for, and how it ended where it has. */
  hosts: readonly HostName[];
  readonly results: Map<HostName, HostResult>;
  /** A host's outputs as values. */
  readonly outputs: Map<HostName, ValueMap>;
  /** For steps that happen once: `use` outputs, `choice`. */
  fields: ValueMap;
  /** For loops: one for each iteration. */
  rows: readonly ValueMap[];
  /** Of a loop in which more hosts failed than may: how far it is, until it goes on. */
  turns?: Turns | undefined;
};

export function newStepState(step: Step, instance: StepInstance): StepState {
  return {
    step,
    instance,
    outcome: 'running',
    hosts: [],
    results: new Map(),
    outputs: new Map(),
    fields: {},
    rows: [],
  };
}

/** Whether the step's work stands on this host. */
export function tookPlace(outcome: Outcome): boolean {
  return outcome === 'succeeded' || outcome === 'unchanged';
}

/** Whether somebody or something has to decide before the run goes on. */
export function isTrouble(outcome: Outcome): boolean {
  switch (outcome) {
    case 'failed':
    case 'timed_out':
    case 'unreachable':
    case 'unknown':
    case 'cancelled':
      return true;
    case 'succeeded':
    case 'unchanged':
    case 'skipped':
    case 'rolled_back':
      return false;
  }
}

/** One word for the whole step: the worst of its hosts. */
export function overall(outcomes: readonly Outcome[]): Outcome {
  const order: readonly Outcome[] = [
    'unknown',
    'failed',
    'timed_out',
    'unreachable',
    'cancelled',
    'rolled_back',
    'succeeded',
    'unchanged',
    'skipped',
  ];
  return order.find((outcome) => outcomes.includes(outcome)) ?? 'skipped';
}
