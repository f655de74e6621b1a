import type { Complaints } from '../plan/complaints.ts';
import { nearestName } from '../plan/expressions/nearest-name.ts';
import type { Position } from '../plan/plan.ts';
import { readHosts } from './host-names.ts';
import { pythonValue } from './python-literal.ts';
import { GROUP_NAME, type RawGroup, type RawInventory, type RawVariables } from './raw.ts';
import { splitWords } from './words.ts';

type Section = { readonly group: string; readonly kind: 'hosts' | 'vars' | 'children' };

/** Groups that are named before they are declared, or never: where, and as what. */
type Pending = Map<string, Position>;

/** Reads an Ansible inventory in INI form into `into`. */
export function readIniInventory(
  file: string,
  text: string,
  into: RawInventory,
  complaints: Complaints,
): void {
  const pending: Pending = new Map();
  const at1 = { file, line: 1, column: 1 };
  into.group('all', at1);
  into.group('ungrouped', at1);
  let section: Section | undefined = { group: 'ungrouped', kind: 'hosts' };
  for (const [i, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const at: Position = { file, line: i + 1, column: whole.length - whole.trimStart().length + 1 };
    if (line.startsWith('[')) {
      section = readSection(line, at, complaints);
      if (section !== undefined) declare(section.group, section.kind !== 'vars', at);
      continue;
    }
    if (section === undefined) continue;
    const group = into.group(section.group, at);
    if (section.kind === 'hosts') readHostLine(line, at, group, into, complaints);
    if (section.kind === 'children') readChild(line, at, group);
    if (section.kind === 'vars') readVariable(line, at, group.vars, complaints);
  }
  for (const [name, at] of pending) {
    const nearest = nearestName(
      name,
      [...into.groups.keys()].filter((each) => !pending.has(each)),
    );
    complaints.error(at, {
      code: 'inventory/unknown-group',
      message: `There is no group ${name}: no section [${name}] or [${name}:children] declares it.`,
      mend: nearest === undefined ? `Write a section [${name}].` : `Did you mean ${nearest}?`,
      ...(nearest === undefined ? {} : { nearest }),
    });
  }

  function declare(name: string, declares: boolean, at: Position): void {
    if (declares) pending.delete(name);
    else if (!into.groups.has(name)) pending.set(name, at);
    into.group(name, at);
  }

  function readChild(line: string, at: Position, group: RawGroup): void {
    const child = line.replace(/\s+#.*$/, '');
    if (!GROUP_NAME.test(child)) {
      complaints.error(at, {
        code: 'inventory/group-name',
        message: `${JSON.stringify(child)} can't be the name of a group.`,
        mend: 'Below [GROUP:children] stands one group on each line.',
      });
      return;
    }
    group.children.set(child, at);
    declare(child, false, at);
  }
}

function readSection(line: string, at: Position, complaints: Complaints): Section | undefined {
  const match = /^\[([^\]:\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line);
  const group = match?.[1] ?? '';
  const kind = match?.[2] ?? 'hosts';
  if (GROUP_NAME.test(group) && (kind === 'hosts' || kind === 'vars' || kind === 'children'))
    return { group, kind };
  complaints.error(at, {
    code: 'inventory/section',
    message: `${line} is no section.`,
    mend: 'Sections are [GROUP], [GROUP:vars] and [GROUP:children].',
  });
  return undefined;
}

/** All behind the = is the value: a # in it begins no comment, unless what stands before it is a literal. */
function readVariable(line: string, at: Position, into: RawVariables, complaints: Complaints): void {
  const equals = line.indexOf('=');
  if (equals > 0)
    into.set(line.slice(0, equals).trim(), { value: pythonValue(line.slice(equals + 1).trim()), at });
  else
    complaints.error(at, {
      code: 'inventory/variable',
      message: `"${line}" is no variable.`,
      mend: 'Below [GROUP:vars] stands name=value on each line.',
    });
}

/** `etcd01 ansible_host=10.0.0.1 note="two words" # comment` */
function readHostLine(
  line: string,
  at: Position,
  group: RawGroup,
  into: RawInventory,
  complaints: Complaints,
): void {
  const words = splitWords(line);
  if (words === undefined) {
    complaints.error(at, {
      code: 'inventory/quote',
      message: 'A quote in this line is not closed.',
      mend: 'Close it, or leave it out.',
    });
    return;
  }
  const [first = '', ...rest] = words;
  const vars: RawVariables = new Map();
  for (const word of rest) {
    const equals = word.indexOf('=');
    if (equals > 0) {
      vars.set(word.slice(0, equals), { value: pythonValue(word.slice(equals + 1)), at });
      continue;
    }
    complaints.error(at, {
      code: 'inventory/variable',
      message: `"${word}" behind the host is no variable.`,
      mend: 'Behind a host stand name=value pairs; each host has a line of its own.',
    });
  }
  for (const host of readHosts(first, at, into, complaints)) {
    group.hosts.add(host.name);
    for (const [name, variable] of vars) host.vars.set(name, variable);
  }
}
