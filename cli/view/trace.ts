import type { CellView, TraceView } from '../../server/api/runs.ts';
import { clock, duration } from './text.ts';

/** What a person has to go by who shall say how a command ended: a line for each thing that is known, or is known not to be. */
export function traceLines(cell: CellView, now: number): readonly string[] {
  if (cell.outcome !== 'unknown') return [];
  const { trace } = cell;
  // A request leaves no trace on a host.
  if (trace === undefined) return [began(cell, now)].filter((line) => line !== '');
  return [
    began(cell, now),
    asked(trace, now),
    processes(cell),
    trace.said === undefined ? 'it wrote nothing' : `its last line: ${trace.said}`,
    ...(trace.directory === undefined ? [] : [`its directory there: ${trace.directory}`]),
  ].filter((line) => line !== '');
}

function began({ started_at: at }: CellView, now: number): string {
  return at === undefined ? '' : `begun at ${clock(at)}, ${duration(now - at)} ago`;
}

function asked({ asked_at: at, lost_since: lost, boot }: TraceView, now: number): string {
  if (lost !== undefined) return `the host can't be asked since ${clock(lost)}, ${duration(now - lost)} ago`;
  if (at === undefined) return '';
  const when = `the host was last asked at ${clock(at)}`;
  if (boot?.launched === undefined || boot.now === undefined) return when;
  if (boot.launched === boot.now)
    return `${when}; it was not rebooted since the launch (boot id ${short(boot.now)})`;
  return `${when}; it was REBOOTED since the launch (boot id ${short(boot.launched)}, now ${short(boot.now)})`;
}

function processes({ session_lives: lives, trace }: CellView): string {
  switch (lives) {
    case true:
      return `processes of it LIVE there${trace?.session === undefined ? '' : `: ps -s ${trace.session} lists them`}; end them before it runs again`;
    case false:
      return 'no process of it lives there';
    default:
      return 'whether processes of it live there is not known: look there';
  }
}

/** Enough of a boot id to tell two apart. */
function short(boot: string): string {
  return boot.slice(0, 8);
}
