/** What holds where a runbook says nothing. Milliseconds. README.md lists them. */
export const DEFAULTS = {
  /** `timeout` of a script with effect read. */
  readMs: 60_000,
  /** `timeout` of a script with effect change or destroy. */
  changeMs: 3_600_000,
  /** `timeout` of a request. */
  httpMs: 30_000,
  /** `retry.every`, each wait 1.5 times the last one; with an `every` of its own the pace is steady. */
  retryEveryMs: 1_000,
  retryBackoff: 1.5,
  /** `done.every`. */
  doneEveryMs: 1_000,
  /** `done.within`: looked at once after the script. */
  doneWithinMs: 0,
  /** `approve.expires`: a week. */
  gateMs: 7 * 86_400_000,
} as const;

/** Bytes of a plan's JSON: it travels in one piece. */
export const LARGEST_PLAN = 1_000_000;
