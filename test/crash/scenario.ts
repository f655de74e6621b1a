import { HOLD_SCRIPT } from './hostHold.ts';

/**
 * What is run while things are killed. The first thing that each command does is to append its name to a file on its host:
 * the file is the witness of how often it was started. Short and long commands, some at the same time, a loop, and
 * outputs that later steps read.
 */
export const SCENARIO = `
holdfast: 1
name: crash
summary: Steps that each leave a line behind.
inputs:
  hosts: { type: hosts, default: etcd }
on: hosts
env:
  RUN: \${{ run.id }}
steps:
  - id: short
    run: |
      echo short >>"witness.$RUN"
      ${HOLD_SCRIPT}
      echo begun; echo ended
  - id: long
    run: |
      echo long >>"witness.$RUN"
      ${HOLD_SCRIPT}
      echo begun
      sleep 0.8
      echo ended
  - id: both
    parallel: true
    steps:
      - id: left
        run: |
          echo left >>"witness.$RUN"
          ${HOLD_SCRIPT}
          echo begun; sleep 0.3; echo ended
      - id: right
        run: |
          echo right >>"witness.$RUN"
          ${HOLD_SCRIPT}
          echo begun; sleep 0.1; echo ended
  - id: letters
    for_each: '["a", "b"]'
    as: letter
    steps:
      - id: letter_of
        env: { LETTER: '\${{ letter }}' }
        run: |
          echo "letter $LETTER" >>"witness.$RUN"
          ${HOLD_SCRIPT}
          echo begun; echo ended
  - id: last
    run: |
      echo last >>"witness.$RUN"
      ${HOLD_SCRIPT}
      printf 'lines=%s\\n' "$(wc -l <"witness.$RUN")" >>"$OUTPUT"
      echo begun; echo ended
    outputs: { lines: int }
outputs:
  lines: last.results.map(r, r.host)
`;

const LETTERS = ['a', 'b'];

/** What a step writes to the witness file, from its place in the run: `letters[1]/letter_of` is `letter b`. */
export function lineOf(step: string): string {
  const index = /letters\[(\d+)\]/.exec(step)?.[1];
  return index === undefined ? (step.split('/').at(-1) ?? step) : `letter ${LETTERS[Number(index)]}`;
}

export const LINES = ['short', 'long', 'left', 'right', 'letter a', 'letter b', 'last'] as const;
export const OUTPUT = 'begun\nended\n';
