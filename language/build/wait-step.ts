import { parseDuration } from '../../plan/expressions/quantities.ts';
import type { Expr, WaitStep } from '../../plan/plan.ts';
import type { WaitForm } from '../schema/wait.ts';
import { type Built, ownKnown } from './built.ts';
import { readChecks, readCommon, withWhen } from './common.ts';
import { buildRun } from './run-step.ts';
import { type StepPlace, type UnitContext, viewFrom } from './unit-context.ts';

const LONGEST_MS = 366 * 86_400_000;
/** The job that looks is cut off by its own limit only where that fails to end in time. */
const MORE_MS = 60_000;
/** Keys that say where and how something is waited for. */
const FOR_DONE = ['on', 'any', 'may_fail', 'max_failures', 'outputs', 'shell', 'env', 'become'] as const;

/** A time, once; or with `done` a job on each host that looks until it holds, at most for that time. */
export function buildWait(unit: UnitContext, place: StepPlace, id: string, form: WaitForm): Built {
  const time = readTime(unit, place, form);
  if (form.done !== undefined) return buildUntil(unit, place, id, form, time);
  for (const key of FOR_DONE)
    if (form[key] !== undefined)
      unit.complaints.error(unit.source.keyAt([...place.path, key]), {
        code: 'wait/no-done',
        message: `${key} is about what is waited for, and this waits for nothing but its time.`,
        mend: `Add done: SCRIPT, or remove ${key}.`,
      });
  const common = readCommon(unit, place, id, form, false);
  const view = viewFrom(place, false, { conditions: withWhen(place, form) });
  const check = readChecks(unit, [...place.path, 'check'], form.check, view);
  const known = ownKnown(unit, place, form, {}, true, false);
  if (time === undefined) return { known };
  const step: WaitStep = { kind: 'wait', ...common, check, time };
  return { step, known };
}

function buildUntil(
  unit: UnitContext,
  place: StepPlace,
  id: string,
  form: WaitForm,
  time: number | Expr | undefined,
): Built {
  const { source, complaints } = unit;
  if (typeof form.done === 'object' && form.done.within !== undefined)
    complaints.error(source.keyAt([...place.path, 'done', 'within']), {
      code: 'wait/within',
      message: 'How long it may take stands in wait already.',
      mend: 'Remove within.',
    });
  if (typeof time === 'object')
    complaints.error(source.at([...place.path, 'wait']), {
      code: 'wait/time',
      message: 'With done, the longest time to wait is a duration as it stands.',
      mend: 'Write it out: wait: 10m.',
    });
  const { step, known } = buildRun(unit, place, id, { ...form, run: ':', effect: 'read' });
  if (step?.kind !== 'run' || step.done === undefined || typeof time !== 'number') return { known };
  const done = { ...step.done, withinMs: time };
  return { step: { ...step, done, waits: true, timeoutMs: time + MORE_MS }, known };
}

/** Milliseconds, or the expression that gives them. */
function readTime(unit: UnitContext, place: StepPlace, form: WaitForm): number | Expr | undefined {
  const { source, complaints, expressions } = unit;
  const path = [...place.path, 'wait'];
  if (!form.wait.includes(`\${{`)) {
    const ms = parseDuration(form.wait);
    if (ms !== undefined && ms <= LONGEST_MS) return Number(ms);
    complaints.error(source.at(path), {
      code: 'wait/time',
      message: ms === undefined ? `"${form.wait}" is no duration.` : 'This is longer than a year.',
      mend: 'Write a number and its unit, as 30s, 5m or 1h30m.',
    });
    return undefined;
  }
  const view = viewFrom(place, false, { conditions: withWhen(place, form) });
  const read = expressions.template({ source, path }, form.wait, view);
  if (read === undefined) return undefined;
  const [expr, ...rest] = read.template;
  const fits = read.type.kind === 'int' || read.type.kind === 'dyn';
  if (typeof expr === 'object' && rest.length === 0 && fits) return expr;
  complaints.error(source.at(path), {
    code: 'wait/time',
    message: 'This does not give a duration.',
    mend: 'Name an input of type duration, or milliseconds.',
  });
  return undefined;
}
