import type { CellView, RunSummary } from '../../server/api/runs.ts';
import type { Paint } from '../io.ts';

export type OutcomeWord = CellView['outcome'];
export type StatusWord = RunSummary['status'];

const SYMBOLS: { readonly [K in OutcomeWord]: string } = {
  pending: '·',
  running: '▸',
  retrying: '↻',
  succeeded: '✓',
  unchanged: '=',
  skipped: '-',
  failed: '✗',
  timed_out: '✗',
  unreachable: '✗',
  unknown: '?',
  cancelled: '■',
  rolled_back: '↶',
};

/** The words beside the symbol: nothing is told by colour or shape alone. */
export function outcomeWord(outcome: OutcomeWord): string {
  switch (outcome) {
    case 'timed_out':
      return 'timed out';
    case 'rolled_back':
      return 'rolled back';
    default:
      return outcome;
  }
}

export function symbol(outcome: OutcomeWord): string {
  return SYMBOLS[outcome];
}

export function outcomePaint(paint: Paint, outcome: OutcomeWord): (text: string) => string {
  switch (outcome) {
    case 'succeeded':
      return paint.green;
    case 'unchanged':
    case 'skipped':
    case 'pending':
      return paint.dim;
    case 'running':
      return paint.cyan;
    case 'retrying':
    case 'cancelled':
    case 'rolled_back':
      return paint.yellow;
    case 'failed':
    case 'timed_out':
    case 'unreachable':
      return paint.red;
    case 'unknown':
      return paint.magenta;
  }
}

export function isBad(outcome: OutcomeWord): boolean {
  return ['failed', 'timed_out', 'unreachable', 'unknown', 'cancelled'].includes(outcome);
}

export function isGood(outcome: OutcomeWord): boolean {
  return outcome === 'succeeded' || outcome === 'unchanged';
}

export function statusPaint(paint: Paint, status: StatusWord): (text: string) => string {
  switch (status) {
    case 'succeeded':
      return paint.green;
    case 'failed':
    case 'interrupted':
      return paint.red;
    case 'held':
    case 'waiting':
    case 'paused':
    case 'cancelled':
    case 'rolled_back':
      return paint.yellow;
    case 'requested':
    case 'queued':
    case 'running':
      return paint.cyan;
  }
}

/** A status that does not change unless a person acts. */
export function standsStill(status: StatusWord): boolean {
  return status === 'held' || status === 'waiting' || status === 'paused' || status === 'interrupted';
}

export function hasEnded(status: StatusWord): boolean {
  return ['succeeded', 'failed', 'cancelled', 'rolled_back'].includes(status);
}
