import type { FieldChange, PlanDiffView, StepChange } from '../../server/api/planDiff.ts';
import type { PlanView } from '../../server/api/plans.ts';
import { lineDiff } from './lineDiff.ts';
import type { Look } from './look.ts';
import { indent, shownValue, wrap } from './text.ts';

/** What is different from an earlier plan: the whole first, then step by step, texts line by line. */
export function diffLines({ diff }: PlanView, look: Look): readonly string[] {
  if (diff === undefined) return [];
  const { paint } = look;
  const { digest, run } = diff.against;
  const from = `${digest.slice(0, 12)}…${run === undefined ? '' : `, which ${run} follows`}`;
  if (diff.same) return [`${paint.bold('The same plan')} as ${from}`];
  const parts = [...whole(diff, look), ...diff.steps.flatMap((step) => ofStep(step, look))];
  if (diff.moved.length > 0) parts.push(`${paint.yellow('↕')} in another order: ${diff.moved.join(', ')}`);
  const none = 'only what is written around the steps: comments, or where they stand in the file';
  return [[`${paint.bold('Different')} from ${from}`, indent(parts.join('\n') || none, '  ')].join('\n')];
}

const SIGNS = { added: '+', removed: '-', changed: '±' } as const;

function sign({ paint }: Look, what: keyof typeof SIGNS): string {
  const colour = { added: paint.green, removed: paint.red, changed: paint.yellow }[what];
  return colour(SIGNS[what]);
}

function whole(diff: PlanDiffView, look: Look): readonly string[] {
  const { inputs, hosts, locks, others, sources } = diff;
  const input = inputs.map(({ name, before, after }) => ({
    field: `input ${name}`,
    ...(before === undefined ? {} : { before: shownValue(before) }),
    ...(after === undefined ? {} : { after: shownValue(after) }),
  }));
  const files = sources.filter(({ what }) => what === 'changed').map(({ path }) => path);
  return [
    ...[...input, ...others].map((change) => field(change, look)),
    ...hosts.flatMap(({ name, what, fields }) => [
      `${sign(look, what)} host ${name}`,
      ...fields.map((change) => indent(field(change, look), '    ')),
    ]),
    ...locks.added.map((lock) => `${sign(look, 'added')} lock ${lock}`),
    ...locks.removed.map((lock) => `${sign(look, 'removed')} lock ${lock}`),
    ...(files.length === 0
      ? []
      : [wrap(`${sign(look, 'changed')} files: ${files.join(', ')}`, look.columns - 4, '    ')]),
  ];
}

function field({ field: name, before, after }: FieldChange, look: Look): string {
  const what = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const { paint } = look;
  const title = name.replaceAll('_', ' ');
  const short = `${before ?? ''} → ${after ?? ''}`;
  if (what === 'changed' && short.length + title.length < look.columns - 12 && !short.includes('\n'))
    return `${sign(look, what)} ${title}: ${paint.red(before ?? '')} → ${paint.green(after ?? '')}`;
  const sides = [
    ...(before === undefined ? [] : [paint.red(wrap(`- ${before}`, look.columns - 10, '  '))]),
    ...(after === undefined ? [] : [paint.green(wrap(`+ ${after}`, look.columns - 10, '  '))]),
  ];
  return [`${sign(look, what)} ${title}`, ...sides.map((side) => indent(side, '    '))].join('\n');
}

function ofStep(step: StepChange, look: Look): readonly string[] {
  const { paint } = look;
  const effect = step.effect === undefined ? '' : `  ${step.effect}`;
  const name = `${sign(look, step.what)} ${paint.bold(step.path)}`;
  return [
    `${name}${step.effect === 'destroy' ? paint.red(effect) : paint.dim(effect)}`,
    ...step.fields.map((change) => indent(field(change, look), '    ')),
    ...step.texts.flatMap(({ name: text, before, after }) => [
      `    ${sign(look, 'changed')} ${text}`,
      ...lineDiff(before, after).map(({ sign: side, line }) => {
        const colour = side === '+' ? paint.green : side === '-' ? paint.red : paint.dim;
        return `      ${colour(`${side} ${line}`)}`.trimEnd();
      }),
    ]),
  ];
}
