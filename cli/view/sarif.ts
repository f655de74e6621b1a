import { CATALOGUE } from '../../language/complaints/catalogue.ts';
import type { Complaint } from '../../plan/complaints.ts';

/**
 * Complaints as SARIF 2.1.0, which code hosts show beside a change. Columns count UTF-16 code units, as complaints do.
 */
export function sarifLog(complaints: readonly Complaint[]): object {
  const codes = [...new Set(complaints.map(({ code }) => code))].sort();
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'Holdfast', rules: codes.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: complaints.map((complaint) => resultOf(complaint, codes)),
      },
    ],
  };
}

function ruleOf(code: string): object {
  const entry = CATALOGUE.get(code);
  return {
    id: code,
    ...(entry === undefined
      ? {}
      : {
          shortDescription: { text: entry.title },
          fullDescription: { text: entry.why },
          defaultConfiguration: { level: entry.severity },
        }),
  };
}

function resultOf(complaint: Complaint, codes: readonly string[]): object {
  const { file, line, column, code, severity, message, mend } = complaint;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: `${message} ${mend}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
          region: { startLine: line, startColumn: column },
        },
      },
    ],
  };
}
