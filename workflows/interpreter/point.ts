import { type StepInstance, staticPath } from '../../plan/ids.ts';
import type { OperatorAction, OperatorAsk } from '../../plan/operator.ts';

export type Considered =
  | { readonly ok: true; readonly says: string }
  | { readonly ok: false; readonly why: string; readonly mend: string };

/** A place where the run waits for a person: a gate, or a step that is held. */
export type Point = {
  /** The same in every walk of the run: `join[etcd01]/register/hold/1`. */
  readonly id: string;
  readonly step: StepInstance;
  readonly waitsFor: string;
  readonly offers: readonly OperatorAction['kind'][];
  /** What taking it would mean, or why it can't be taken. Changes nothing. */
  consider(ask: OperatorAsk): Considered;
  /** Called once it is recorded, in the order of the record. */
  apply(ask: OperatorAsk): void;
};

/** A step may be named as it stands in the record, without loop indices where that is unambiguous, or by its last id. */
export function names(step: StepInstance, asked: string): boolean {
  return step === asked || staticPath(step) === asked || step.endsWith(`/${asked}`);
}
