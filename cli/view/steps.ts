import { staticPath, stepInstance } from '../../plan/ids.ts';
import type { CellView, RunView, StepView } from '../../server/api/runs.ts';
import type { Paint } from '../io.ts';
import { hasEnded, isBad, isGood, type OutcomeWord, outcomePaint, outcomeWord, symbol } from './outcome.ts';
import { clock, duration, padEnd, shorten, width } from './text.ts';

/** How a step stands: its own outcome, or what its hosts say while it runs. */
export function standing(step: StepView): OutcomeWord {
  if (step.outcome !== 'running') return step.outcome;
  const cells = step.hosts.map(({ outcome }) => outcome);
  return cells.find((outcome) => isBad(outcome)) ?? (cells.includes('retrying') ? 'retrying' : 'running');
}

/** All hosts of a step in a few words: `3/3 ok`, `1/3 ok, etcd01 failed, etcd02 running`. */
export function hostsInWords(cells: readonly CellView[], most = 4): string {
  if (cells.length === 0) return '';
  // A step that happens on the worker happens once: there are no hosts to count.
  if (cells.length === 1 && cells[0]?.host === '@worker') return '';
  const good = cells.filter(({ outcome }) => isGood(outcome)).length;
  const rest = cells.filter(({ outcome }) => !isGood(outcome));
  const words = [`${good}/${cells.length} ok`];
  const byOutcome = Map.groupBy(rest, ({ outcome }) => outcome);
  const order = [...byOutcome].sort(([a], [b]) => Number(isBad(b)) - Number(isBad(a)));
  for (const [outcome, those] of order) {
    const named = isBad(outcome) || those.length <= most;
    const who = named
      ? those
          .slice(0, most)
          .map(({ host }) => host)
          .join(' ') + (those.length > most ? ` and ${those.length - most} more` : '')
      : String(those.length);
    words.push(`${who} ${outcomeWord(outcome)}`);
  }
  return words.join(', ');
}

export function elapsed(step: StepView, now: number): string {
  if (step.started_at === undefined) return '';
  return duration((step.ended_at ?? now) - step.started_at);
}

/** The place in the walk, set in as deep as it is; a loop's key stays: `  join[etcd01]/start`. */
export function placeOf(step: string): string {
  const deep = step.split('/').length - 1;
  return `${'  '.repeat(deep)}${step.slice(step.lastIndexOf('/') + 1)}`;
}

export type StepLayout = {
  readonly place: number;
  readonly columns: number;
  readonly now: number;
  /** Steps that stand still until a person acts, or for good: `held`, `waits`, `stopped`. */
  readonly still: ReadonlyMap<string, string>;
};

/** Which steps go on no more by themselves, and why in a word: they wait for a person, or their run has ended. */
export function standingStill(view: RunView): ReadonlyMap<string, string> {
  return new Map([
    ...view.gates.map(({ step }) => [step, 'waits'] as const),
    ...view.held.map(({ step }) => [step, 'held'] as const),
    ...(isOver(view)
      ? view.steps
          .filter(
            ({ outcome, started_at }) =>
              outcome === 'running' && (hasEnded(view.status) || isBefore(started_at, view)),
          )
          .map(({ step }) => [step, 'stopped'] as const)
      : []),
  ]);
}

/** What it did on its way forwards is over. */
function isOver({ status, rolling_back_since }: RunView): boolean {
  return rolling_back_since !== undefined || (hasEnded(status) && status !== 'succeeded');
}

function isBefore(started: number | undefined, { rolling_back_since }: RunView): boolean {
  return started !== undefined && rolling_back_since !== undefined && started < rolling_back_since;
}

/** One step in one line: symbol, place, word, hosts, time, and the choice that it made. */
export function stepLine(paint: Paint, step: StepView, layout: StepLayout): string {
  const outcome = standing(step);
  const still = layout.still.get(step.step);
  const colour = still === undefined ? outcomePaint(paint, outcome) : paint.yellow;
  const time = elapsed(step, layout.now);
  const about = [
    hostsInWords(step.hosts),
    step.become === undefined ? '' : `as ${step.become}`,
    step.choice === undefined ? '' : `→ ${step.choice}`,
    step.waits_until === undefined || step.outcome !== 'running'
      ? ''
      : `waits ${duration(step.waits_until - layout.now)} more`,
    step.title === lastId(step.step) ? '' : step.title,
  ]
    .filter((part) => part !== '')
    .join('  ');
  const head = `${symbol(outcome)} ${padEnd(shorten(placeOf(step.step), layout.place), layout.place)}  ${(still ?? outcomeWord(outcome)).padEnd(11)}`;
  const room = layout.columns - width(head) - 2 - 12;
  return `${colour(head)} ${padEnd(shorten(about, Math.max(10, room)), Math.max(10, room))} ${paint.dim(time.padStart(11))}`.trimEnd();
}

/** Why hosts of a step are where they are: a line each for those that did not do well, or that a person decided on. */
export function troubleLines(step: StepView): readonly string[] {
  return step.hosts
    .filter(
      ({ outcome, decided, looked_for }) =>
        isBad(outcome) || outcome === 'retrying' || decided !== undefined || looked_for !== undefined,
    )
    .map((cell) => {
      const lost = lookedFor(cell);
      if (lost !== undefined) return lost;
      if (cell.decided !== undefined)
        return `${cell.host} ${outcomeWord(cell.outcome)}, said by a person: ${cell.decided}`;
      const parts = [
        `${cell.host} ${outcomeWord(cell.outcome)}`,
        cell.rc === undefined ? '' : ` (exit ${cell.rc})`,
        cell.reason === undefined ? '' : `: ${cell.reason}`,
        cell.place === undefined ? '' : ` [${cell.place}]`,
        cell.evidence === undefined || cell.evidence === cell.reason ? '' : ` — seen: ${cell.evidence}`,
        cell.session_lives === true ? ' — its processes still live' : '',
      ];
      return parts.join('');
    });
}

/** What is known of a host that was lost after its command was started; undefined of others. */
export function lookedFor({ host, looked_for }: CellView): string | undefined {
  if (looked_for === undefined) return undefined;
  return `${host} can't be asked, looked for until ${clock(looked_for.until)}: ${looked_for.why}`;
}

/** The step's id without the keys of loops. */
function lastId(step: string): string {
  return staticPath(stepInstance(step)).split('/').at(-1) ?? step;
}

export function placeWidth(steps: readonly { readonly step: string }[], most: number): number {
  return Math.min(most, Math.max(12, ...steps.map(({ step }) => width(placeOf(step)))));
}
