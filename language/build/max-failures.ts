import type { MaxFailures, OnFailure } from '../../plan/plan.ts';
import type { Path } from '../yaml/source.ts';
import type { UnitContext } from './unit-context.ts';

type Form = {
  readonly max_failures?: string | undefined;
  readonly on_failure?: OnFailure | undefined;
  readonly any?: boolean | undefined;
  readonly may_fail?: boolean | undefined;
};

/** `0`, `2` or `25%` of the hosts; not beside what says of failures that they do not matter. */
export function readMaxFailures(unit: UnitContext, path: Path, form: Form): MaxFailures | undefined {
  const { max_failures: text } = form;
  if (text === undefined) return undefined;
  const refuse = (message: string, mend: string) =>
    unit.complaints.error(unit.source.keyAt([...path, 'max_failures']), {
      code: 'step/max-failures',
      message,
      mend,
    });
  if (form.on_failure === 'continue')
    refuse(
      'on_failure: continue goes on however many fail, and max_failures says how many may.',
      'Remove one: with max_failures, on_failure says what happens when more fail.',
    );
  if (form.may_fail === true)
    refuse('may_fail expects failures: there is nothing to count.', 'Remove one of them.');
  if (form.any === true)
    refuse('any needs one host that answers: there is nothing to count.', 'Remove one of them.');
  const match = /^(\d{1,5})\s?(%?)$/.exec(text);
  const amount = Number(match?.[1]);
  if (match !== null && (match[2] === '' || amount <= 100))
    return match[2] === '' ? { hosts: amount } : { percent: amount };
  refuse(
    'max_failures is a number of hosts (1, 5) or a share of them (25%).',
    'Write max_failures: 1: one host may fail, and the others go on.',
  );
  return undefined;
}
