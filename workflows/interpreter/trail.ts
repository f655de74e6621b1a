import type { HostName } from '../../plan/ids.ts';
import type { HostResult } from '../../plan/outcomes.ts';
import type { Rollback } from '../../plan/plan.ts';
import type { Attempts } from './steps/attempts.ts';

/** A step that may have changed its hosts, and how far that is undone. */
export class Deed {
  readonly attempts: Attempts;
  /** The attempts at undoing it, from their start on. */
  undoing: Attempts | undefined;

  constructor(attempts: Attempts) {
    this.attempts = attempts;
  }

  get rollback(): Rollback | undefined {
    return this.attempts.step.rollback;
  }

  /** Where it took effect, or may have in part. What a person has skipped is theirs. */
  get hosts(): readonly HostName[] {
    return this.#begun()
      .filter(({ outcome }) => outcome !== 'skipped')
      .map(({ host }) => host);
  }

  /** Hosts that keep what it did: it has no rollback, that was not carried out, or a person has passed over it. */
  left(): readonly HostName[] {
    if (!this.rollback) return this.#begun().map(({ host }) => host);
    const undone = (host: HostName) => this.undoing?.state.results.get(host)?.outcome === 'succeeded';
    return this.#begun()
      .map(({ host }) => host)
      .filter((host) => !undone(host));
  }

  #begun(): readonly HostResult[] {
    const { state, begun } = this.attempts;
    return state.hosts.flatMap((host) => (begun.has(host) ? (state.results.get(host) ?? []) : []));
  }
}

/** What may have taken effect, in the shape of the walk, so that it can be gone back over. */
export class Trail {
  /** Its parts went on side by side: they are undone so, too. Others are undone one by one, the last first. */
  readonly together: boolean;
  readonly parts: (Trail | Deed)[] = [];

  constructor(together: boolean) {
    this.together = together;
  }

  branch(together: boolean): Trail {
    const branch = new Trail(together);
    this.parts.push(branch);
    return branch;
  }

  /** In the order of the walk. */
  deeds(): readonly Deed[] {
    return this.parts.flatMap((part) => (part instanceof Trail ? part.deeds() : [part]));
  }
}
