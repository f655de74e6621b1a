import { readForm } from '../language/schema/read-form.ts';
import { readYaml } from '../language/yaml/read.ts';
import type { Path, Source } from '../language/yaml/source.ts';
import { Complaints } from '../plan/complaints.ts';
import { type CaseForm, caseSchema, type TestForm, testSchema } from './form.ts';

/** A file of tests as read: where each part of it stands is asked of its source. */
export type TestFile = {
  readonly file: string;
  /** The runbook that is tested. */
  readonly runbook: string;
  readonly source: Source;
  readonly form: TestForm;
  readonly cases: readonly TestCase[];
};

/** A case; one that is `broken` is looked at and not run. */
export type TestCase = { readonly form: CaseForm; readonly path: Path; readonly broken: boolean };

/** Reads a file of tests. What is wrong in it is said; a case of which nothing can be read is left out. */
export function loadTests(file: string, text: string, complaints: Complaints): TestFile | undefined {
  const source = readYaml(file, text, complaints);
  if (source === undefined) return undefined;
  const place = { source, path: [], area: 'test', known: Object.keys(testSchema.shape) };
  const form = readForm(testSchema, source.tree, place, complaints);
  if (form === undefined) return undefined;
  const cases = form.cases.flatMap((tree, i): readonly TestCase[] => {
    const path = ['cases', i];
    const about = { source, path, area: 'case', known: Object.keys(caseSchema.shape) };
    const own = new Complaints();
    const read = readForm(caseSchema, tree, about, own);
    for (const complaint of own.sorted()) complaints[complaint.severity](complaint, complaint);
    return read === undefined ? [] : [{ form: read, path, broken: own.failed }];
  });
  for (const [i, { form: one, path }] of cases.entries())
    if (cases.findIndex((other) => other.form.name === one.name) < i)
      complaints.error(source.at([...path, 'name']), {
        code: 'case/name-twice',
        message: `Another case is called so: ${one.name}.`,
        mend: 'Give each case a name of its own.',
      });
  return { file, runbook: form.test, source, form, cases };
}
