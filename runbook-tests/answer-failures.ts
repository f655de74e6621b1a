import type { Answers } from './answers.ts';
import type { Failure } from './expectations.ts';
import type { Walked } from './walk.ts';

/** Answers that were not taken as said, and those of the case that nobody asked for. */
export function answerFailures(walked: Walked, answers: Answers): readonly Failure[] {
  const asked = [...walked.record.values()].flatMap((entry) =>
    entry.kind === 'operator.applied' || entry.kind === 'operator.refused' ? [entry.data.ask] : [],
  );
  const stood = [...walked.record.values()].flatMap((entry) =>
    entry.kind === 'run.held' || entry.kind === 'gate.opened' || entry.kind === 'wait.started'
      ? [entry.data.step]
      : [],
  );
  const unasked = answers.own.flatMap(({ step, at }) => {
    const there = [...asked.map((ask) => ask.replace(/\/\d+$/, '')), ...stood];
    return there.some((instance) => answers.at(instance) === answers.at(step))
      ? []
      : [{ at, says: `the run never stood at ${step}, for which there is an answer` }];
  });
  return [...walked.misgiven.map(({ answer, says }) => ({ at: answer.at, says })), ...unasked];
}
