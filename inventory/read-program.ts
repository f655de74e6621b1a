import { basename } from 'node:path';
import type { Complaints } from '../plan/complaints.ts';
import type { Json, JsonObject } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';
import { runProgram, type Said } from './program.ts';
import { GROUP_NAME, HOST_NAME, type RawInventory, type RawVariables } from './raw.ts';
import { plainNumber } from './scalar.ts';

/** How long a program may take for `--list`, and then for all of its `--host` calls together; and how many of those at once. */
export type ProgramLimits = { readonly listMs: number; readonly hostsMs: number; readonly atOnce: number };

export const PROGRAM_LIMITS: ProgramLimits = { listMs: 30_000, hostsMs: 60_000, atOnce: 8 };

/**
 * Reads what a program says when it is called with `--list`: Ansible's JSON of groups, with the variables of the hosts in
 * `_meta.hostvars`. Without `_meta` it is called with `--host NAME` for each host.
 */
export async function readProgram(
  file: string,
  into: RawInventory,
  complaints: Complaints,
  limits: ProgramLimits = PROGRAM_LIMITS,
): Promise<void> {
  const at = { file, line: 1, column: 1 };
  const listed = parse(await runProgram(file, ['--list'], limits.listMs), '--list', at, complaints);
  if (listed === undefined) return;
  const hosts = new Set<string>();
  for (const [name, said] of Object.entries(listed))
    if (name !== '_meta' && said !== undefined) readGroup(name, said, hosts, at, into, complaints);
  const meta = listed._meta;
  const known = isObject(meta) ? meta.hostvars : undefined;
  if (isObject(known)) {
    for (const host of hosts) readVariables(known[host] ?? {}, host, at, into, complaints);
    return;
  }
  const until = Date.now() + limits.hostsMs;
  const waiting = [...hosts];
  const askInTurn = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      const said = await runProgram(file, ['--host', host], Math.max(1, until - Date.now()));
      const vars = said.ok && said.text.trim() === '' ? {} : parse(said, `--host ${host}`, at, complaints);
      // Where it fails for one host it fails for the others: one complaint is enough.
      if (vars === undefined) waiting.length = 0;
      else readVariables(vars, host, at, into, complaints);
    }
  };
  await Promise.all(Array.from({ length: limits.atOnce }, askInTurn));
}

function parse(said: Said, args: string, at: Position, complaints: Complaints): JsonObject | undefined {
  const called = `${basename(at.file)} ${args}`;
  if (!said.ok) {
    complaints.error(at, {
      code: 'inventory/program-failed',
      message: `${called}: ${said.says}`,
      mend: `Run it by hand: ${at.file} ${args}`,
    });
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(said.text, asWritten);
    if (isObject(value as Json)) return value as JsonObject;
    refuse('it said JSON, but no object of groups');
  } catch (thrown) {
    refuse(`what it said is not JSON (${thrown instanceof Error ? thrown.message : String(thrown)})`);
  }
  return undefined;

  function refuse(why: string): void {
    complaints.error(at, {
      code: 'inventory/program-output',
      message: `${called}: ${why}.`,
      mend: 'It has to say what an inventory program says to Ansible: {"GROUP": {"hosts": […]}, "_meta": {"hostvars": {…}}}.',
    });
  }
}

/** A number that would not print as it is written stays a text. */
function asWritten(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return plainNumber(context.source) ?? context.source;
}

function readGroup(
  name: string,
  said: Json,
  found: Set<string>,
  at: Position,
  into: RawInventory,
  complaints: Complaints,
): void {
  const body = Array.isArray(said) ? { hosts: said } : said;
  const group = isObject(body) ? body : {};
  const { hosts = [], vars = {}, children = [] } = group;
  const named = isNames(hosts, HOST_NAME) && isNames(children, GROUP_NAME) && GROUP_NAME.test(name);
  if (!named || !isObject(body) || !isObject(vars)) {
    complaints.error(at, {
      code: 'inventory/program-output',
      message: `${basename(at.file)} --list: the group ${JSON.stringify(name)} is none, or has a name in it that can be none.`,
      mend: 'A group is {"hosts": [NAME…], "vars": {…}, "children": [NAME…]}; a name has letters, digits, _, - and . in it.',
    });
    return;
  }
  const raw = into.group(name, at);
  for (const host of hosts) {
    found.add(host);
    into.host(host, at);
    raw.hosts.add(host);
  }
  for (const child of children) {
    into.group(child, at);
    raw.children.set(child, at);
  }
  setAll(vars, at, raw.vars);
}

function readVariables(
  said: Json,
  host: string,
  at: Position,
  into: RawInventory,
  complaints: Complaints,
): void {
  if (isObject(said)) setAll(said, at, into.host(host, at).vars);
  else
    complaints.error(at, {
      code: 'inventory/program-output',
      message: `${basename(at.file)}: the variables of ${host} are no object.`,
      mend: 'It has to be {"NAME": VALUE…}.',
    });
}

function setAll(said: JsonObject, at: Position, into: RawVariables): void {
  for (const [name, value] of Object.entries(said)) {
    if (value === undefined) continue;
    const encrypted = isObject(value) && Object.hasOwn(value, '__ansible_vault');
    into.set(name, encrypted ? { value: null, at, encrypted } : { value, at });
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function isNames(value: Json | undefined, pattern: RegExp): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && pattern.test(each));
}
