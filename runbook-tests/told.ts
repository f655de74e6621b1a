import type { Entry } from '../ledger/events.ts';
import type { HostName } from '../plan/ids.ts';
import type { Outcome } from '../plan/outcomes.ts';
import type { Launch } from '../workflows/mock-port.ts';
import { isAt } from './places.ts';
import type { Walked } from './walk.ts';

/** What the record of a walk tells, as expectations and coverage ask for it. */
export class Told {
  readonly entries: readonly Entry[];
  readonly launches: readonly Launch[];
  readonly walked: Walked;

  constructor(walked: Walked) {
    this.walked = walked;
    this.entries = [...walked.record.values()];
    this.launches = walked.world.launches;
  }

  /** The steps that happened, in the order in which they began: not those that their `when` left out. */
  began(): readonly string[] {
    return this.entries
      .flatMap((entry) => (entry.kind === 'step.started' ? [entry.data.step] : []))
      .filter((step) => this.#happened(step));
  }

  launchesAt(step: string): readonly Launch[] {
    return this.launches.filter(
      ({ request }) => isAt(request.step.replace(/!.*$/, ''), step) && !request.step.includes('!'),
    );
  }

  /** How a step ended on its hosts, the last time; the whole step's outcome where it is no host's. */
  outcomes(step: string): { readonly whole?: Outcome; readonly hosts: ReadonlyMap<string, Outcome> } {
    const hosts = new Map<string, Outcome>();
    let whole: Outcome | undefined;
    for (const entry of this.entries) {
      if (entry.kind === 'attempt.ended' && isAt(entry.data.step, step))
        hosts.set(entry.data.result.host, entry.data.result.outcome);
      if (entry.kind !== 'step.ended' || !isAt(entry.data.step, step)) continue;
      whole = entry.data.outcome;
      for (const [host, outcome] of Object.entries(entry.data.hosts)) hosts.set(host, outcome);
    }
    return { ...(whole ? { whole } : {}), hosts };
  }

  /** Every sentence that says why: of holds, of steps, of attempts, of refusals, and of the end. */
  sentences(): readonly string[] {
    return this.entries.flatMap((entry) => {
      switch (entry.kind) {
        case 'run.held':
        case 'operator.refused':
          return [entry.data.why];
        case 'step.ended':
        case 'run.ended':
          return entry.data.why === undefined ? [] : [entry.data.why];
        case 'attempt.ended':
          return entry.data.result.reason === undefined ? [] : [entry.data.result.reason];
        case 'gate.opened':
          return [entry.data.ask];
        default:
          return [];
      }
    });
  }

  /** What it stands for, or why it ended so, in one line. */
  why(): string {
    const { status, at, end } = this.walked;
    const last = this.entries.findLast((entry) => entry.kind === 'run.held' || entry.kind === 'gate.opened');
    const said =
      last?.kind === 'run.held' ? last.data.why : last?.kind === 'gate.opened' ? last.data.ask : undefined;
    if (end) return `${status}${end.why === undefined ? '' : `: ${end.why}`}`;
    return `${status}${at.length > 0 ? ` at ${at.join(', ')}` : ''}${said === undefined ? '' : `: ${said}`}`;
  }

  /** A step on hosts happened if it came to one of them; one that its `when` left out everywhere did not. */
  #happened(step: string): boolean {
    const started = this.entries.find((entry) => entry.kind === 'step.started' && entry.data.step === step);
    const hosts: readonly HostName[] = started?.kind === 'step.started' ? started.data.hosts : [];
    return hosts.length === 0
      ? !this.#leftOut(step)
      : this.launches.some(({ request }) => request.step === step);
  }

  #leftOut(step: string): boolean {
    return this.entries.some(
      (entry) =>
        entry.kind === 'step.ended' &&
        entry.data.step === step &&
        entry.data.outcome === 'skipped' &&
        entry.data.why === undefined,
    );
  }
}
