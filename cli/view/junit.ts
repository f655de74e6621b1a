import type { CaseResult, TestReport } from '../../runbook-tests/run.ts';

/** As the JUnit XML that build servers read: a suite for each file; what is wrong with a test itself is an error. */
export function junitXml({ cases, complaints, ms }: TestReport): string {
  const files = Map.groupBy(cases, (one) => one.file);
  const about = new Set(cases.flatMap((one) => one.complaints.map(keyOf)));
  const others = complaints.filter(
    ({ severity, ...rest }) => severity === 'error' && !about.has(keyOf(rest)),
  );
  const suites = [
    ...[...files].map(([file, these]) => suite(file, these)),
    ...(others.length > 0 ? [complaintSuite(others)] : []),
  ];
  const count = counts(cases, others.length);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="holdfast test" ${count} time="${seconds(ms)}">\n${suites.join('\n')}\n</testsuites>`;
}

type Said = Pick<TestReport['complaints'][number], 'file' | 'line' | 'column' | 'code' | 'message' | 'mend'>;

function keyOf({ file, line, code, message }: Said): string {
  return JSON.stringify([file, line, code, message]);
}

function suite(file: string, cases: readonly CaseResult[]): string {
  const time = seconds(cases.reduce((sum, one) => sum + one.ms, 0));
  return `  <testsuite name="${escaped(file)}" ${counts(cases, 0)} time="${time}">\n${cases.map(testCase).join('\n')}\n  </testsuite>`;
}

function testCase({ file, runbook, name, at, ms, failures, complaints }: CaseResult): string {
  const open = `    <testcase classname="${escaped(runbook)}" name="${escaped(name)}" file="${escaped(file)}" line="${at.line}" time="${seconds(ms)}"`;
  const wrong = [
    ...failures.map(({ at: place, says }) => problem('failure', `${place.file}:${place.line}: ${says}`)),
    ...complaints.map((one) => problem('error', said(one))),
  ];
  return wrong.length === 0 ? `${open}/>` : `${open}>\n${wrong.join('\n')}\n    </testcase>`;
}

/** What belongs to no case: a file that can't be read. */
function complaintSuite(complaints: readonly Said[]): string {
  const cases = complaints.map(
    (one) =>
      `    <testcase classname="complaints" name="${escaped(`${one.file}:${one.line}`)}">\n${problem('error', said(one))}\n    </testcase>`,
  );
  return `  <testsuite name="complaints" ${counts([], complaints.length)}>\n${cases.join('\n')}\n  </testsuite>`;
}

function said({ file, line, column, code, message, mend }: Said): string {
  return `${file}:${line}:${column}: ${code}: ${message} ${mend}`;
}

function problem(kind: 'failure' | 'error', text: string): string {
  return `      <${kind} message="${escaped(text)}"/>`;
}

function counts(cases: readonly CaseResult[], others: number): string {
  const of = (result: CaseResult['result']) => cases.filter((one) => one.result === result).length;
  return `tests="${cases.length + others}" failures="${of('failed')}" errors="${of('invalid') + others}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** XML 1.0 has no place for most control characters, not even escaped. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '�')
    .replace(/[&<>"\n\r\t]/g, (char) => ENTITIES[char] ?? char);
}

const ENTITIES: { readonly [char: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};
