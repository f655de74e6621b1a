import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Complaints, Remark } from '../plan/complaints.ts';
import type { Json } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';
import { expandRange } from './ranges.ts';
import { GROUP_NAME, HOST_NAME, type RawInventory, type RawVariables } from './raw.ts';

/** Deeper nesting of groups or values than this is a mistake. */
const DEEPEST = 50;
/** Values and groups of one file, aliases followed. */
const MOST_NODES = 200_000;

type YamlFile = {
  readonly root: Node | null;
  readonly at: (node: unknown) => Position;
  /** Follows `*name`: Ansible's files have them. */
  readonly target: (node: unknown) => unknown;
  /** False once too much was read: aliases of aliases grow without end. */
  readonly spend: () => boolean;
  /** Groups that are being read: one that is met again contains itself. */
  readonly open: Set<unknown>;
};

/** Reads an Ansible inventory in YAML (or JSON, which is YAML too) into `into`. */
export function readYamlInventory(
  file: string,
  text: string,
  into: RawInventory,
  complaints: Complaints,
): void {
  const yaml = parseYaml(file, text, complaints);
  if (yaml === undefined || yaml.root === null) return;
  if (!isMap(yaml.root)) {
    complaints.error(yaml.at(yaml.root), {
      code: 'inventory/no-mapping',
      message: 'An inventory in YAML is a mapping of groups.',
      mend: 'Begin with "all:", and below it hosts:, vars: and children:.',
    });
    return;
  }
  for (const [name, node, key] of entries(yaml, yaml.root))
    readGroup(yaml, name, node, key, into, complaints, 0);
}

/** Reads a file of `group_vars` or `host_vars`: a mapping of variables. */
export function readYamlVariables(
  file: string,
  text: string,
  into: RawVariables,
  complaints: Complaints,
): void {
  if (text.startsWith('$ANSIBLE_VAULT')) {
    complaints.warning({ file, line: 1, column: 1 }, vaulted('This file'));
    return;
  }
  const yaml = parseYaml(file, text, complaints);
  if (yaml === undefined || yaml.root === null) return;
  if (isMap(yaml.root)) {
    readVariables(yaml, yaml.root, into, complaints);
    return;
  }
  complaints.error(yaml.at(yaml.root), {
    code: 'inventory/no-mapping',
    message: 'A file of variables is a mapping of names to values.',
    mend: 'Write "name: value" on each line.',
  });
}

function parseYaml(file: string, text: string, complaints: Complaints): YamlFile | undefined {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const [error] = parsed.errors;
    if (error !== undefined) {
      complaints.error(position(error.pos[0]), {
        code: 'inventory/yaml',
        message: `This is not YAML: ${error.message}.`,
        mend: 'Look at quotes, brackets and indentation here and on the line before.',
      });
      return undefined;
    }
    let spent = 0;
    return {
      spend: () => ++spent < MOST_NODES,
      open: new Set(),
      root: parsed.contents,
      at: (node) => position(isNode(node) ? (node.range?.[0] ?? 0) : 0),
      target: (node) => (isAlias(node) ? node.resolve(parsed) : node),
    };
  } catch (thrown) {
    complaints.error(position(0), {
      code: 'inventory/yaml',
      message: `This is not YAML: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      mend: 'Look at quotes, brackets and indentation.',
    });
    return undefined;
  }
}

function* entries(
  yaml: YamlFile,
  node: Node,
): Generator<readonly [name: string, value: unknown, key: Position]> {
  if (!isMap(node)) return;
  for (const { key, value } of node.items)
    if (isScalar(key)) yield [String(key.value), yaml.target(value), yaml.at(key)];
}

function readGroup(
  yaml: YamlFile,
  name: string,
  node: unknown,
  at: Position,
  into: RawInventory,
  complaints: Complaints,
  depth: number,
): void {
  const tooMuch = depth > DEEPEST || !yaml.spend() || (isMap(node) && yaml.open.has(node));
  if (!GROUP_NAME.test(name) || tooMuch) {
    complaints.error(at, {
      code: 'inventory/group-name',
      message: tooMuch
        ? 'Groups are nested too deeply, or contain each other.'
        : `${name} can't be the name of a group.`,
      mend: 'A name has letters, digits, _, - and . in it.',
    });
    return;
  }
  const group = into.group(name, at);
  if (node === null || (isScalar(node) && node.value === null)) return;
  if (!isMap(node)) {
    complaints.error(yaml.at(node), {
      code: 'inventory/group',
      message: `The group ${name} has to be a mapping with hosts, vars and children.`,
      mend: 'Put the hosts under hosts:, each with a colon behind it.',
    });
    return;
  }
  yaml.open.add(node);
  for (const [key, value, keyAt] of entries(yaml, node)) {
    if (value === null || (isScalar(value) && value.value === null)) continue;
    if (key !== 'hosts' && key !== 'vars' && key !== 'children') {
      complaints.error(keyAt, {
        code: 'inventory/unknown-key',
        message: `A group has no key ${key}.`,
        mend: `A group has hosts, vars and children; put ${key} under one of them.`,
      });
      continue;
    }
    if (!isMap(value)) {
      complaints.error(yaml.at(value), {
        code: 'inventory/group',
        message: `${key} of the group ${name} has to be a mapping${isSeq(value) ? ', not a list' : ''}.`,
        mend:
          key === 'hosts'
            ? 'Write "etcd01:" on a line of its own, without a dash.'
            : 'Write "name: value" lines.',
      });
      continue;
    }
    if (key === 'vars') readVariables(yaml, value, group.vars, complaints);
    if (key === 'children')
      for (const [child, inner, childAt] of entries(yaml, value)) {
        group.children.set(child, childAt);
        readGroup(yaml, child, inner, childAt, into, complaints, depth + 1);
      }
    if (key === 'hosts')
      for (const [written, vars, hostAt] of entries(yaml, value)) {
        for (const host of hostNames(written, hostAt, complaints)) {
          group.hosts.add(host);
          const raw = into.host(host, hostAt);
          if (isMap(vars)) readVariables(yaml, vars, raw.vars, complaints);
          else if (isScalar(vars) && vars.value !== null)
            complaints.error(yaml.at(vars), {
              code: 'inventory/host',
              message: `The variables of ${written} have to be a mapping.`,
              mend: `Write ansible_host: ${String(vars.value)} on a line below, indented.`,
            });
        }
      }
  }
  yaml.open.delete(node);
}

/** The hosts that a name with ranges in it means. */
export function hostNames(written: string, at: Position, complaints: Complaints): readonly string[] {
  const names = expandRange(written);
  if (names?.every((name) => HOST_NAME.test(name)) === true) return names;
  complaints.error(at, {
    code: 'inventory/host-name',
    message: `${JSON.stringify(written)} can't be the name of a host.`,
    mend: 'A name has letters, digits, _, - and . in it; a range is written [01:03].',
  });
  return [];
}

function readVariables(yaml: YamlFile, node: Node, into: RawVariables, complaints: Complaints): void {
  for (const [name, value, at] of entries(yaml, node)) {
    if (isNode(value) && value.tag === '!vault') {
      complaints.warning(at, vaulted(name));
      continue;
    }
    const json = toJson(yaml, value, 0);
    if (json === undefined)
      complaints.error(at, {
        code: 'inventory/value',
        message: `The value of ${name} is nested too deeply, or refers to itself.`,
        mend: 'Make it simpler.',
      });
    else into.set(name, { value: json, at });
  }
}

function toJson(yaml: YamlFile, value: unknown, depth: number): Json | undefined {
  const node = yaml.target(value);
  if (depth > DEEPEST || !yaml.spend()) return undefined;
  if (isScalar(node)) {
    const { value } = node;
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    // A version such as 3.10 is no number: what would be lost by reading it as one is kept as text.
    if (typeof value === 'number')
      return Number.isSafeInteger(value) && String(value) === node.source
        ? value
        : (node.source ?? String(value));
    return String(value);
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => toJson(yaml, item, depth + 1));
    return items.includes(undefined) ? undefined : items.filter((item) => item !== undefined);
  }
  if (!isMap(node)) return null;
  const object: { [key: string]: Json } = {};
  for (const [key, item] of entries(yaml, node)) {
    const json = toJson(yaml, item, depth + 1);
    if (json === undefined) return undefined;
    object[key] = json;
  }
  return object;
}

export function vaulted(what: string): Remark {
  return {
    code: 'inventory/vault',
    message: `${what} is encrypted with Ansible Vault, which is not read: it is left out.`,
    mend: 'Keep the secret in a file on the host that only its user can read.',
  };
}
