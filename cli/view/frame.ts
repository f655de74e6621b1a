import { staticPath, stepInstance } from '../../plan/ids.ts';
import type { PlanStepView } from '../../server/api/plans.ts';
import type { RunView } from '../../server/api/runs.ts';
import type { Paint } from '../io.ts';
import { isGood } from './outcome.ts';
import { heading, waiting } from './run.ts';
import { placeWidth, standingStill, stepLine, troubleLines } from './steps.ts';
import { names, shorten } from './text.ts';

export type FrameLook = {
  readonly paint: Paint;
  readonly now: number;
  readonly columns: number;
  readonly rows: number;
  /** The plan's steps, to say what is still to come. */
  readonly planned: readonly PlanStepView[];
  /** The last line that a running command has said. */
  readonly tail: string;
  /** The connection is gone for the moment. */
  readonly lost: boolean;
  /** The frame that stays when somebody stops watching. */
  readonly last?: boolean;
};

/** A run that goes on, in one screen: what is finished is folded where there is no room for it. */
export function frame(view: RunView, look: FrameLook): string {
  const { paint, rows, columns, tail, lost } = look;
  const foot = waiting(view, look).flatMap((card) => ['', ...card.split('\n')]);
  if (tail !== '') foot.push('', paint.dim(`  ${shorten(tail, columns - 4)}`));
  if (view.warning !== undefined) foot.push('', paint.yellow(`  ${shorten(view.warning, columns - 4)}`));
  if (lost) foot.push('', paint.yellow('  connection lost; trying again … (the run goes on)'));
  if (!look.last) foot.push('', paint.dim('  Ctrl-C stops watching, not the run'));
  const room = Math.max(4, rows - foot.length - 4);
  const body = folded(view, room - 1, look);
  const coming = toCome(view, look);
  return [heading(view, look), '', ...body, ...(coming === '' ? [] : [coming]), ...foot].join('\n');
}

function folded(view: RunView, room: number, look: FrameLook): readonly string[] {
  const { paint, columns, now } = look;
  const { steps } = view;
  const place = placeWidth(steps, Math.floor(columns / 2));
  const layout = { place, columns: columns - 2, now, still: standingStill(view) };
  const blocks = steps.map((step) => [
    `  ${stepLine(paint, step, layout)}`,
    // Reasons of hosts that are held stand in the card below; here those that are tried again or went on.
    ...(step.outcome === 'running' && layout.still.has(step.step)
      ? []
      : troubleLines(step).map((line) => `      ${shorten(line, columns - 8)}`)),
  ]);
  const kept: (readonly string[])[] = [];
  let lines = 0;
  for (const block of blocks.toReversed()) {
    if (lines + block.length > room - 1 && kept.length > 0) break;
    kept.unshift(block);
    lines += block.length;
  }
  const hidden = steps.slice(0, steps.length - kept.length);
  if (hidden.length === 0) return kept.flat();
  const bad = hidden.filter(
    ({ outcome }) => !isGood(outcome) && outcome !== 'skipped' && outcome !== 'running',
  );
  const rest =
    bad.length === 0
      ? ''
      : `, ${bad.length} of them not well: ${names(
          bad.map(({ step }) => step),
          40,
        )}`;
  return [paint.dim(`  … ${hidden.length} steps before${rest}`), ...kept.flat()];
}

/** The plan's steps that have not begun, counted where it says nothing of loops, the next ones by name. */
function toCome(view: RunView, { paint, planned, columns }: FrameLook): string {
  if (view.rolling_back_since !== undefined) return '';
  const begun = new Set(view.steps.map(({ step }) => staticPath(stepInstance(step))));
  const last = planned.findLastIndex(({ path }) => begun.has(path));
  const rest = planned.slice(last + 1).filter(({ path }) => !begun.has(path));
  if (rest.length === 0) return '';
  const words = rest.map(({ path, kind }) =>
    kind === 'approve' ? `${path} (gate)` : kind === 'manual' ? `${path} (by hand)` : path,
  );
  return paint.dim(`  · to come: ${shorten(words.join(', '), columns - 16)}`);
}
