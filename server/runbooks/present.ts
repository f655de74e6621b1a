import type { DeclaredInput } from '../../language/build/inputs.ts';
import type { BuiltUnit } from '../../language/build/unit.ts';
import type { Complaint } from '../../plan/complaints.ts';
import { typeText } from '../../plan/expressions/expressions.ts';
import type { Template } from '../../plan/plan.ts';
import type { RunbookDetail, RunbookInput, RunbookSummary } from '../api/runbooks.ts';

/** A runbook's file as it stands; `built` is missing where its form is not even readable. */
export type Examined = {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly built: BuiltUnit | undefined;
  readonly complaints: readonly Complaint[];
};

export function runbookSummary({ name, file, built, complaints }: Examined): RunbookSummary {
  const errors = complaints.filter((complaint) => complaint.severity === 'error').length;
  return { name, file, summary: built?.runbook.form.summary ?? '', complaints: errors };
}

export function runbookDetail(examined: Examined): RunbookDetail {
  const { name, file, text, built, complaints } = examined;
  const docs = built?.runbook.form.docs;
  return {
    name,
    file,
    summary: built?.runbook.form.summary ?? '',
    ...(docs === undefined ? {} : { docs }),
    inputs: [...(built?.face.inputs.values() ?? [])].map(inputView),
    steps: (built?.unit.steps ?? []).map(({ id, kind, title }) => ({
      id,
      kind,
      ...(title === undefined ? {} : { title: writtenTemplate(title) }),
    })),
    source: text,
    complaints: [...complaints],
  };
}

function inputView({ name, type, optional, default: fallback, help }: DeclaredInput): RunbookInput {
  return {
    name,
    type: typeText(type),
    required: !optional && fallback === undefined,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(help === undefined ? {} : { help }),
  };
}

/** A template as it stands in the file. */
export function writtenTemplate(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : `\${{ ${part.cel} }}`)).join('');
}
