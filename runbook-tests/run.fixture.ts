import { textLibrary } from '../language/load/library.ts';
import { runTests, type TestReport } from './run.ts';

/** A look on two hosts, a choice, a gate, and what is then done on the one that was chosen. */
export const MAIN = `holdfast: 1
name: main
on: etcd
steps:
  - id: look
    effect: read
    run: look
    outputs: { free: int }
    check: { there is room: look.free > 10 }
  - id: choose
    set: { best: "look.rows.max_by(r, r.free).host" }
  - id: sure
    approve: { ask: "Write on \${{ best.name }}?", expires: 7d }
  - id: write
    on: best
    env: { FREE: "\${{ look.rows.max_by(r, r.free).free }}" }
    run: write
    done: is it written
outputs: { best: best.name }
`;

/** Runs a file of tests, without its first line, for these runbooks (a text is `main.yaml`). */
export function testing(
  runbooks: string | { readonly [file: string]: string },
  tests: string,
): Promise<TestReport> {
  const texts = typeof runbooks === 'string' ? { 'main.yaml': runbooks } : runbooks;
  let clock = 0;
  return runTests({
    library: textLibrary(texts),
    files: [{ file: 'main.test.yaml', text: `test: main\n${tests}` }],
    now: () => clock++,
  });
}

/** What is wrong, a line for each: `LINE:COLUMN what`. */
export async function wrong(report: Promise<TestReport>): Promise<readonly string[]> {
  const { cases, complaints } = await report;
  return [
    ...complaints.map(({ line, column, code, message }) => `${line}:${column} ${code}: ${message}`),
    ...cases.flatMap(({ failures }) => failures.map(({ at, says }) => `${at.line}:${at.column} ${says}`)),
  ];
}
