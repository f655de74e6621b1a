import type { Json } from '../../plan/json.ts';
import type { GateView } from '../../server/api/runs.ts';
import type { Paint } from '../io.ts';
import { actor, duration, indent, shownValue, table } from './text.ts';

/** A gate as it is put before somebody: the question, what it shows, who may answer, until when. */
export function gateCard(paint: Paint, gate: GateView, now: number): string {
  const who = gate.by.length === 0 ? '' : `asked of ${gate.by.join(', ')}; `;
  const given = gate.approvals.map((approval) => actor(approval.actor)).join(', ');
  const lines = [
    paint.bold(paint.yellow(`${gate.manual === true ? 'BY HAND' : 'GATE'} ${gate.step}`)),
    indent(paint.bold(gate.ask.trimEnd()), '  '),
    ...(isEmpty(gate.shown) ? [] : [indent(shownTree(paint, gate.shown), '    ')]),
    paint.dim(
      `  ${who}${gate.count > 1 ? `${gate.approvals.length} of ${gate.count} approvals${given === '' ? '' : ` (${given})`}; ` : ''}expires in ${duration(gate.expires - now)}`,
    ),
  ];
  return lines.join('\n');
}

/** What steps told, as rows: a step's name, then hosts and their outputs. */
export function shownTree(paint: Paint, shown: Json): string {
  if (!isObject(shown)) return shownValue(shown);
  return Object.entries(shown)
    .map(([name, value]) => {
      if (!isObject(value) || isEncoded(value)) return `${paint.cyan(name)}  ${shownValue(value)}`;
      const entries = Object.entries(value);
      if (entries.every(([, inner]) => isObject(inner) && !isEncoded(inner))) {
        const rows = entries.map(([host, outputs]) => [host, ...cells(outputs)]);
        return `${paint.cyan(name)}\n${indent(table(rows), '  ')}`;
      }
      const rows = entries.map(([key, inner]) => [key, shownValue(inner)]);
      return `${paint.cyan(name)}\n${indent(table(rows), '  ')}`;
    })
    .join('\n');
}

function cells(outputs: Json): readonly string[] {
  if (!isObject(outputs)) return [shownValue(outputs)];
  return Object.entries(outputs).map(([name, value]) => `${name}=${shownValue(value)}`);
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEncoded(value: { readonly [key: string]: Json }): boolean {
  const [key, another] = Object.keys(value);
  return key !== undefined && another === undefined && /^\$[a-z]/.test(key);
}

function isEmpty(shown: Json): boolean {
  return shown === null || (isObject(shown) && Object.keys(shown).length === 0);
}
