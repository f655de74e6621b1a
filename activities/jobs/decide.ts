/** What the program on the host saw, all in one exec. */
export type Seen = {
  /** Whether the run's recorded directory is there and holds the recorded token. */
  readonly place: 'intact' | 'missing' | 'other';
  /** A walk of this run with a newer epoch has been here. */
  readonly newerEpoch: boolean;
  readonly boot: string;
  /** `known`: a directory without `go`. `taken`: with `go`, so a script was started, or may have been. */
  readonly job: 'absent' | 'known' | 'taken';
  readonly rc: number | undefined;
  /** Somebody who stopped the job took `go` before any supervisor could: nothing ran, nothing will. */
  readonly never: boolean;
  readonly supervisorLives: boolean;
  /** Looked for only where it matters: `go`, no `rc`, no living supervisor. */
  readonly sessionLives: boolean;
  /** Older generations not seen finished, whose processes still live. Their `go` has been taken. */
  readonly olderLives: boolean;
};

/** What the ledger says of this attempt. It is committed before the first launch is sent, so by now one may have been. */
export type Recorded = {
  /** The host's boot id when `attempt.started` was committed. */
  readonly boot: string | undefined;
};

/**
 * - `start`: nobody has, nobody else can any more; `supervise`: the job is known, its script was not started.
 * - `follow`: its supervisor lives. `done`: there is an exit status. `unknown`: it may have run to its end or not.
 * - `never`: proven that nothing of the job ran and nothing can.
 * - `refuse`: proven that this attempt started nothing, and must not.
 */
export type Decision =
  | { readonly act: 'start' | 'supervise' | 'follow' | 'never' }
  | { readonly act: 'done'; readonly rc: number }
  | { readonly act: 'unknown' | 'refuse'; readonly evidence: string };

/**
 * The one decision of the remote job protocol. The program on the host takes the same one within its exec (a look that
 * is acted upon later is an old look); this function is what it is checked against, and what the search explores.
 */
export function decide(seen: Seen, recorded: Recorded): Decision {
  if (seen.place !== 'intact') {
    const evidence =
      seen.place === 'missing'
        ? "the run's directory on the host is gone"
        : "the run's directory on the host is another one: it does not hold this run's token";
    return { act: 'unknown', evidence };
  }
  if (seen.rc !== undefined) return { act: 'done', rc: seen.rc };
  if (seen.never) return { act: 'never' };
  if (seen.newerEpoch)
    return { act: 'refuse', evidence: 'a newer walk of this run has taken over on the host' };
  if (seen.job === 'taken') {
    if (seen.supervisorLives) return { act: 'follow' };
    const rebooted = recorded.boot !== undefined && recorded.boot !== seen.boot;
    return {
      act: 'unknown',
      evidence: rebooted
        ? 'the host was rebooted after the script was started, and no exit status is left'
        : 'the script was started, its supervisor is gone, and no exit status is left',
    };
  }
  if (recorded.boot !== undefined && recorded.boot !== seen.boot) {
    return {
      act: 'unknown',
      evidence: 'a launch was recorded and the host has been rebooted since; no trace of it is left',
    };
  }
  if (seen.olderLives) {
    return {
      act: 'refuse',
      evidence: 'processes of an earlier generation of this step still live on the host',
    };
  }
  return { act: seen.job === 'absent' ? 'start' : 'supervise' };
}
