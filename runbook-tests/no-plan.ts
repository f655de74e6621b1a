import type { Complaint } from '../plan/complaints.ts';
import type { Failure } from './expectations.ts';
import type { TestCase, TestFile } from './load.ts';

/**
 * What it means that no plan was made. A case may be about just that: these inputs are refused. What is wrong with inputs is said
 * where the test gives them, and anything else where it stands.
 */
export function noPlan(
  complaints: readonly Complaint[],
  { source }: TestFile,
  { form, path }: TestCase,
): { readonly failures: readonly Failure[]; readonly complaints: readonly Complaint[] } {
  const errors = complaints.filter(({ severity }) => severity === 'error');
  if (!errors.every(({ code }) => code.startsWith('input/') || code === 'requires/not-met'))
    return { failures: [], complaints };
  const { status, said = [] } = form.expect;
  if (status !== 'refused') {
    const at = source.at([...path, 'inputs']);
    const failures = errors.map(({ message }) => ({ at, says: `no plan is made of it: ${message}` }));
    return { failures, complaints: [] };
  }
  const all = errors.map(({ message }) => message).join(' ');
  const at = source.at([...path, 'expect', 'said']);
  const unsaid = said.filter((words) => !all.includes(words));
  return {
    failures: unsaid.map((words) => ({ at, says: `nothing said "${words}"; it was refused as: ${all}` })),
    complaints: [],
  };
}
