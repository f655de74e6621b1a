import type { CellView, GateView, HeldView, RunView } from '../../server/api/runs.ts';
import { table } from './text.ts';

/** A command that can be typed now, and what it does. */
export type Next = { readonly command: string; readonly does: string };

/** So many steps are named that would be undone. */
const MOST_UNDONE = 4;

/** What a held step offers, as exact commands. */
export function nextForHeld(run: string, held: HeldView, view?: RunView): readonly Next[] {
  const step = quoted(held.step);
  const some = held.hosts.length > 1 ? ' [--host HOST]' : '';
  const unknown = unknownHosts(held, view);
  // What may have run is neither repeated nor passed over before somebody has said which it is.
  const blocked = held.offers.includes('resolve') && unknown.length === held.hosts.length;
  const open = blocked ? held.offers.filter((offer) => offer !== 'retry' && offer !== 'skip') : held.offers;
  return open.flatMap((offer): readonly Next[] => {
    switch (offer) {
      case 'retry':
        return [{ command: `holdfast retry ${run} --step ${step}${some}`, does: 'do it again' }];
      case 'skip':
        return [
          { command: `holdfast skip ${run} --step ${step}${some} -m REASON`, does: 'go on without it' },
        ];
      case 'resolve':
        return unknown.map((host) => ({
          command: `holdfast resolve ${run} --step ${step} --host ${host} --as succeeded|failed|run_again -m REASON`,
          does: `say what happened on ${host}`,
        }));
      case 'abort':
        return aborts(run, view);
      default:
        return [];
    }
  });
}

/** The end of the run as it stands; where something can be undone, also with that. */
function aborts(run: string, view: RunView | undefined): readonly Next[] {
  const abort = `holdfast abort ${run} -m REASON`;
  if (view?.rolling_back_since !== undefined)
    return [{ command: abort, does: 'stop rolling back; what is not undone yet stays done' }];
  const stays = { command: abort, does: 'end the run; what was done stays done' };
  const steps = view?.undoable ?? [];
  if (steps.length === 0) return [stays];
  const names = `${steps
    .slice(0, MOST_UNDONE)
    .map(({ step }) => step)
    .join(', ')}${steps.length > MOST_UNDONE ? ` and ${steps.length - MOST_UNDONE} more` : ''}`;
  return [
    stays,
    { command: `holdfast abort ${run} --rollback -m REASON`, does: `end the run, and undo ${names}` },
  ];
}

function cellsOf(held: HeldView, view: RunView | undefined): readonly CellView[] {
  return view?.steps.find(({ step }) => step === held.step)?.hosts ?? [];
}

function unknownHosts(held: HeldView, view: RunView | undefined): readonly string[] {
  const unknown = cellsOf(held, view)
    .filter(({ outcome }) => outcome === 'unknown')
    .map(({ host }) => host);
  return unknown.length > 0 ? unknown : held.hosts;
}

export function nextForGate(gate: GateView): readonly Next[] {
  const about = `${gate.run} --step ${quoted(gate.step)}`;
  if (gate.manual === true)
    return [
      { command: `holdfast confirm ${about} -m NOTE`, does: 'say that it is done' },
      {
        command: `holdfast reject ${about} -m REASON`,
        does: 'say that it can’t be done: the step has failed',
      },
    ];
  return [
    { command: `holdfast approve ${about} -m REASON`, does: 'say yes' },
    { command: `holdfast reject ${about} -m REASON`, does: 'say no: the run is held there' },
  ];
}

/** What can be done about a run as it stands. */
export function nextForRun(view: RunView): readonly Next[] {
  const offered = [
    ...view.held.flatMap((held) => nextForHeld(view.run, held, view)),
    ...view.gates.flatMap(nextForGate),
  ];
  if (view.status === 'paused' || view.status === 'interrupted') {
    offered.unshift({
      command: `holdfast resume ${view.run}`,
      does: view.status === 'paused' ? 'go on' : 'go on from the record',
    });
  }
  // Two held steps offer one abort.
  return offered.filter((one, i) => offered.findIndex(({ command }) => command === one.command) === i);
}

export function nextLines(next: readonly Next[]): string {
  return table(next.map(({ command, does }) => [command, does]));
}

/** A step's path as a shell takes it: brackets would be a pattern. */
function quoted(step: string): string {
  return /^[\w/.-]+$/.test(step) ? step : `'${step}'`;
}
