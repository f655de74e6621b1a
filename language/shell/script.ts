import type { Position } from '../../plan/plan.ts';

/** A script of a runbook, or a shell file that one includes. */
export type SeenScript = {
  readonly text: string;
  /** The words of the shell that it runs in: `sh -eu`, `bash -euo pipefail`. */
  readonly shell: string;
  /** Where its line number `line` (from 1) stands, in the file that it is from. */
  readonly at: (line: number, column: number) => Position;
};
