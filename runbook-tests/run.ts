import type { CompileResult } from '../language/compile.ts';
import type { Library } from '../language/load/library.ts';
import { type Complaint, Complaints } from '../plan/complaints.ts';
import type { Position } from '../plan/plan.ts';
import { type CaseSetup, runCase } from './case.ts';
import { Coverage, type RunbookCoverage } from './coverage.ts';
import type { Failure } from './expectations.ts';
import { loadTests } from './load.ts';
import { hostWords } from './named-hosts.ts';

export type TestRequest = {
  readonly library: Library;
  /** Files of tests, by the name that complaints call them. */
  readonly files: readonly { readonly file: string; readonly text: string }[];
  /** Only cases whose `RUNBOOK: NAME` matches. */
  readonly only?: RegExp;
  /** Ends with the first case that does not pass. */
  readonly bail?: boolean;
  /** How a plan is walked. Left out: over mocks, by a clock of its own. */
  readonly walk?: CaseSetup['walk'];
  /** Milliseconds; for how long a case took. */
  readonly now: () => number;
};

export type CaseResult = {
  readonly file: string;
  readonly runbook: string;
  readonly name: string;
  readonly at: Position;
  /** `invalid`: what is wrong with the test or the runbook is among the complaints. */
  readonly result: 'passed' | 'failed' | 'invalid';
  readonly failures: readonly Failure[];
  readonly complaints: readonly Complaint[];
  readonly crashes: number;
  readonly ms: number;
};

export type TestReport = {
  readonly cases: readonly CaseResult[];
  /** Of all files and cases, each once, by place. */
  readonly complaints: readonly Complaint[];
  /** Of the runbooks that have tests here. */
  readonly coverage: readonly RunbookCoverage[];
  readonly ms: number;
};

/** Runs the cases of files of tests, one after the other. Never throws for what stands in a file. */
export async function runTests({ library, files, only, bail, walk, now }: TestRequest): Promise<TestReport> {
  const began = now();
  const complaints = new Complaints();
  const coverage = new Coverage();
  const cases: CaseResult[] = [];
  const runbooks = new Set<string>();
  const compiled = new Map<string, CompileResult>();
  for (const { file, text } of files) {
    const tests = loadTests(file, text, complaints);
    if (tests === undefined) continue;
    runbooks.add(tests.runbook);
    const setup = {
      library,
      file: tests,
      coverage,
      compiled,
      words: hostWords(library, tests.runbook),
      ...(walk ? { walk } : {}),
    };
    for (const one of tests.cases) {
      if (bail && cases.some(({ result }) => result !== 'passed')) break;
      const { name } = one.form;
      if (only && !only.test(`${tests.runbook}: ${name}`)) continue;
      const from = now();
      const outcome = await runCase(setup, one);
      for (const complaint of outcome.complaints) complaints[complaint.severity](complaint, complaint);
      const result =
        one.broken || outcome.complaints.some(({ severity }) => severity === 'error')
          ? 'invalid'
          : outcome.failures.length > 0
            ? 'failed'
            : 'passed';
      const at = tests.source.at([...one.path, 'name']);
      cases.push({ file, runbook: tests.runbook, name, at, ...outcome, result, ms: now() - from });
    }
  }
  return { cases, complaints: complaints.sorted(), coverage: coverage.of(runbooks), ms: now() - began };
}
