import type { Complaints } from '../plan/complaints.ts';
import type { Json } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';
import { GROUP_NAME, type RawInventory, type RawVariables } from './raw.ts';
import { hostNames } from './read-yaml.ts';

type Section = { readonly group: string; readonly kind: 'hosts' | 'vars' | 'children' };

/** Reads an Ansible inventory in INI form into `into`. */
export function readIniInventory(
  file: string,
  text: string,
  into: RawInventory,
  complaints: Complaints,
): void {
  let section: Section | undefined = { group: 'ungrouped', kind: 'hosts' };
  for (const [i, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const at: Position = { file, line: i + 1, column: whole.length - whole.trimStart().length + 1 };
    if (line.startsWith('[')) {
      section = readSection(line, at, complaints);
      if (section !== undefined) into.group(section.group, at);
      continue;
    }
    if (section === undefined) continue;
    const group = into.group(section.group, at);
    if (section.kind === 'hosts') readHostLine(line, at, group.hosts, into, complaints);
    if (section.kind === 'children') {
      const child = line.replace(/\s+[#;].*$/, '');
      if (GROUP_NAME.test(child)) {
        group.children.set(child, at);
        into.group(child, at);
      } else
        complaints.error(at, {
          code: 'inventory/group-name',
          message: `${JSON.stringify(child)} can't be the name of a group.`,
          mend: 'Below [GROUP:children] stands one group on each line.',
        });
    }
    if (section.kind === 'vars') {
      const equals = line.indexOf('=');
      if (equals > 0)
        group.vars.set(line.slice(0, equals).trim(), { value: iniValue(line.slice(equals + 1).trim()), at });
      else
        complaints.error(at, {
          code: 'inventory/variable',
          message: `"${line}" is no variable.`,
          mend: 'Below [GROUP:vars] stands name=value on each line.',
        });
    }
  }
}

function readSection(line: string, at: Position, complaints: Complaints): Section | undefined {
  const match = /^\[([^\]:]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
  const group = match?.[1]?.trim() ?? '';
  const kind = match?.[2] ?? 'hosts';
  if (
    match !== null &&
    GROUP_NAME.test(group) &&
    (kind === 'hosts' || kind === 'vars' || kind === 'children')
  )
    return { group, kind };
  complaints.error(at, {
    code: 'inventory/section',
    message: `${line} is no section.`,
    mend: 'Sections are [GROUP], [GROUP:vars] and [GROUP:children].',
  });
  return undefined;
}

/** `etcd01 ansible_host=10.0.0.1 note="two words" # comment` */
function readHostLine(
  line: string,
  at: Position,
  hosts: Set<string>,
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
  const port = /^([^:[\]]*(?:\[[^\]]*\][^:[\]]*)*):(\d{1,5})$/.exec(first);
  const vars: RawVariables = new Map();
  if (port?.[2] !== undefined) vars.set('ansible_port', { value: Number(port[2]), at });
  for (const word of rest) {
    const equals = word.indexOf('=');
    if (equals > 0) {
      vars.set(word.slice(0, equals), { value: iniValue(word.slice(equals + 1)), at });
      continue;
    }
    complaints.error(at, {
      code: 'inventory/variable',
      message: `"${word}" behind the host is no variable.`,
      mend: 'Behind a host stand name=value pairs; each host has a line of its own.',
    });
  }
  for (const name of hostNames(port?.[1] ?? first, at, complaints)) {
    hosts.add(name);
    const host = into.host(name, at);
    for (const [key, value] of vars) host.vars.set(key, value);
  }
}

/** Words as a shell splits them, up to a comment. Undefined where a quote is open. */
function splitWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let begun = false;
  for (const char of line) {
    if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      begun = true;
    } else if (char === ' ' || char === '\t') {
      if (begun) words.push(word);
      word = '';
      begun = false;
    } else if (char === '#' && !begun) break;
    else {
      word += char;
      begun = true;
    }
  }
  if (begun) words.push(word);
  return quote === '' ? words : undefined;
}

/** Ansible reads values as Python literals where they are some. */
function iniValue(text: string): Json {
  if (/^-?(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (text === 'True' || text === 'False') return text === 'True';
  if (text === 'None') return null;
  const quoted = /^(["'])(.*)\1$/.exec(text);
  if (quoted?.[2] !== undefined) return quoted[2];
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
