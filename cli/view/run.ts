import type { HeldView, RunView } from '../../server/api/runs.ts';
import type { Paint } from '../io.ts';
import { gateCard } from './gate.ts';
import { nextForRun, nextLines } from './next.ts';
import { isBad, statusPaint } from './outcome.ts';
import { placeWidth, standingStill, stepLine, troubleLines } from './steps.ts';
import { actor, day, duration, indent, shownValue, shownValues, table } from './text.ts';
import { traceLines } from './trace.ts';

type Look = { readonly paint: Paint; readonly now: number; readonly columns: number };

/** A run on one page: how it stands, what waits for somebody, then its steps. */
export function runPage(view: RunView, look: Look): string {
  const { paint } = look;
  return [
    heading(view, look),
    facts(view, look),
    ...(view.warning === undefined ? [] : [`${paint.bold(paint.red('WARNING'))} ${view.warning}`]),
    ...waiting(view, look),
    ...(view.steps.length === 0 ? [] : [`${paint.bold('Steps')}\n${stepsPage(view, look)}`]),
    ...results(view, paint),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

export function heading(view: RunView, { paint, now }: Look): string {
  const from = view.started_at ?? view.requested_at;
  const time = duration((view.ended_at ?? now) - from);
  const goesBack = view.status === 'running' && view.rolling_back_since !== undefined;
  const status = statusPaint(paint, view.status)(paint.bold(goesBack ? 'rolling back' : view.status));
  return `${paint.bold(view.run)}  ${view.runbook}  ${status}  ${paint.dim(time)}`;
}

function facts(view: RunView, { paint }: Look): string {
  const rows: (readonly [string, string])[] = [];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') rows.push([paint.dim(name), value]);
  };
  add('by', actor(view.requested_by));
  add('reason', view.reason);
  add('ticket', view.ticket);
  add('inputs', shownValues(view.inputs));
  add('plan', view.plan);
  add('asked', day(view.requested_at));
  if (view.started_at !== undefined) add('started', day(view.started_at));
  if (view.ended_at !== undefined) add('ended', day(view.ended_at));
  if (view.epoch > 1)
    add('resumed', `${view.epoch === 2 ? 'once' : `${view.epoch - 1} times`} from the record`);
  add('locks', view.locks.join(' '));
  if (view.held.length === 0 && view.gates.length === 0) add('why', view.why);
  return indent(table(rows), '  ');
}

/** What stands still and what can be done about it: first on the page, and the end of what is followed. */
export function waiting(view: RunView, look: Look): readonly string[] {
  const { paint, now } = look;
  const parts = [
    ...view.held.map((held) => heldCard(view, held, look)),
    ...view.gates.map((gate) => gateCard(paint, gate, now)),
  ];
  if (view.queue !== undefined) parts.push(queueCard(view.queue, look));
  const next = nextForRun(view);
  return next.length === 0 ? parts : [...parts, `${paint.bold('Next')}\n${indent(nextLines(next), '  ')}`];
}

export function heldCard(view: RunView, held: HeldView, { paint, now }: Look): string {
  const step = view.steps.find((one) => one.step === held.step);
  const hosts = (step?.hosts ?? []).filter(
    (cell) => isBad(cell.outcome) && (held.hosts.length === 0 || held.hosts.includes(cell.host)),
  );
  const lines = step === undefined ? [] : troubleLines({ ...step, hosts });
  const told = lines.length > 0 && lines.every((line) => covers(line, held.why)) ? [] : [held.why];
  const traces = hosts.flatMap((cell) => {
    const of = traceLines(cell, now);
    return of.length === 0 ? [] : [`what is known of it on ${cell.host}:`, ...of.map((line) => `  ${line}`)];
  });
  return [
    `${paint.bold(paint.yellow(`HELD at ${held.step}`))} ${paint.dim(`for ${duration(now - held.since)}`)}`,
    ...[...told, ...lines, ...traces].map((line) => indent(line, '  ')),
  ].join('\n');
}

/** Whether the line of a host says all that the run says of its hold. */
function covers(line: string, why: string): boolean {
  return why.split(/[:;,] ?/).every((part) => line.includes(part.trim()));
}

function queueCard(queue: NonNullable<RunView['queue']>, { paint, now }: Look): string {
  const held = queue.held.map(
    ({ name, run, since }) => `  ${name} is held by ${run} for ${duration(now - since)}`,
  );
  const ahead = queue.ahead.length === 0 ? [] : [`  before it: ${queue.ahead.join(', ')}`];
  return [paint.bold(paint.yellow(`QUEUED for ${queue.names.join(', ')}`)), ...held, ...ahead].join('\n');
}

export function stepsPage(view: RunView, { paint, now, columns }: Look): string {
  const place = placeWidth(view.steps, Math.floor(columns / 2));
  const still = standingStill(view);
  return view.steps
    .flatMap((step) => [
      `  ${stepLine(paint, step, { place, columns: columns - 2, now, still })}`,
      ...troubleLines(step).map((line) => `      ${line}`),
      ...(step.why !== undefined && step.hosts.length === 0 ? [`      ${step.why}`] : []),
      ...(step.values !== undefined && Object.keys(step.values).length > 0
        ? [`      ${paint.dim(shownValues(step.values))}`]
        : []),
    ])
    .join('\n');
}

function results(view: RunView, paint: Paint): readonly string[] {
  const outputs = Object.entries(view.outputs ?? {});
  if (outputs.length === 0) return [];
  const rows = outputs.map(([name, value]) => [name, shownValue(value)]);
  return [`${paint.bold('Outputs')}\n${indent(table(rows), '  ')}`];
}
