import type { HostName, StepInstance } from '../../plan/ids.ts';
import type { HostStep } from '../../plan/plan.ts';
import { newStepState, type StepState } from '../interpreter/step-state.ts';
import type { Place, Probing } from './probing.ts';

/** One step on its hosts: what is known of it, and why the rest is not. */
export class Outlook {
  readonly walk: Probing;
  readonly place: Place;
  readonly step: HostStep;
  readonly state: StepState;
  /** What comes before it and changes something. */
  readonly behind: StepInstance | undefined;
  /** Hosts of which only the run will know what becomes of the step. */
  readonly later = new Map<HostName, string>();

  constructor(walk: Probing, place: Place, step: HostStep) {
    this.walk = walk;
    this.place = place;
    this.step = step;
    this.state = newStepState(step, place.frame.instance(step, 1));
    this.behind = place.course.changed;
  }

  unknown(hosts: readonly HostName[], why: string, about?: string): void {
    for (const host of hosts) this.later.set(host, why);
    const unknown = { step: this.state.instance, what: 'unknown', says: why } as const;
    this.walk.report.expect(about === undefined ? unknown : { ...unknown, about }, hosts);
  }

  stops(host: HostName, why: string): void {
    this.later.set(host, `${this.state.instance} would stop the run`);
    this.walk.report.expect({ step: this.state.instance, what: 'would_stop', says: why }, [host]);
  }

  changes(): void {
    if (this.step.effect !== 'read') this.place.course.changed ??= this.state.instance;
  }
}
