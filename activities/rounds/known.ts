import type { Digest, HostName, RunId } from '../../plan/ids.ts';
import type { Lost } from '../jobs/jobSpec.ts';
import type { SshConnection } from '../ssh/ssh.ts';

const keptRuns = 200;

/** What this process remembers between calls. Nothing of it must be right for anything to be safe; it saves questions. */
export class Known {
  /** A connection ends when its host does, so a boot id holds as long as its connection. */
  readonly #boots = new WeakMap<SshConnection, string>();
  readonly #library = new Map<string, Set<Digest | 'supervisor'>>();
  readonly #lost = new Map<string, Lost>();

  boot(connection: SshConnection): string | undefined {
    return this.#boots.get(connection);
  }

  sawBoot(connection: SshConnection, boot: string): void {
    this.#boots.set(connection, boot);
  }

  /** Texts that a run's directory on a host has. */
  library(run: RunId, host: HostName): Set<Digest | 'supervisor'> {
    return kept(this.#library, `${run} ${host}`, keptRuns, () => new Set());
  }

  lost(job: string): Lost {
    return kept(this.#lost, job, keptRuns * 10, () => ({ since: 0 }));
  }

  settled(job: string): void {
    this.#lost.delete(job);
  }
}

function kept<T>(store: Map<string, T>, key: string, most: number, make: () => T): T {
  const there = store.get(key);
  if (there !== undefined) return there;
  const made = make();
  store.set(key, made);
  const oldest = store.size > most ? store.keys().next().value : undefined;
  if (oldest !== undefined) store.delete(oldest);
  return made;
}
