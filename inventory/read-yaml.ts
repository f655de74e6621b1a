import { isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Complaints } from '../plan/complaints.ts';
import type { Position } from '../plan/plan.ts';
import { readHosts } from './host-names.ts';
import { GROUP_NAME, type RawGroup, type RawInventory, type RawVariables } from './raw.ts';
import { DEEPEST, entriesOf, isNothing, parseYaml, readVariables, type YamlFile } from './yaml-file.ts';

/** Reads an Ansible inventory in YAML (or JSON, which is YAML too) into `into`. */
export function readYamlInventory(
  file: string,
  text: string,
  into: RawInventory,
  complaints: Complaints,
): void {
  const yaml = parseYaml(file, text, complaints);
  if (yaml === undefined || isNothing(yaml.root)) return;
  const groups = isMap(yaml.root) ? entriesOf(yaml, yaml.root) : undefined;
  const plugin = groups?.find(([name, value]) => name === 'plugin' && isScalar(value));
  if (plugin !== undefined)
    complaints.error(plugin[2], {
      code: 'inventory/plugin',
      message: 'This is the configuration of an inventory plugin, which only Ansible can run.',
      mend: 'Name a program that says: exec ansible-inventory -i FILE "$@"',
    });
  else if (groups === undefined)
    complaints.error(yaml.at(yaml.root), {
      code: 'inventory/no-mapping',
      message: 'An inventory in YAML is a mapping of groups.',
      mend: 'Begin with "all:", and below it hosts:, vars: and children:.',
    });
  else for (const [name, node, key] of groups) readGroup({ yaml, into }, name, node, key, 0);
}

/** Reads a file of `group_vars` or `host_vars`: a mapping of variables. */
export function readYamlVariables(
  file: string,
  text: string,
  into: RawVariables,
  complaints: Complaints,
): void {
  if (text.startsWith('$ANSIBLE_VAULT')) {
    complaints.warning(
      { file, line: 1, column: 1 },
      {
        code: 'inventory/vault',
        message: 'This file is encrypted with Ansible Vault, which is not read: its variables are left out.',
        mend: 'Give them to the runbook as secrets.',
      },
    );
    return;
  }
  const yaml = parseYaml(file, text, complaints);
  if (yaml === undefined || isNothing(yaml.root)) return;
  if (isMap(yaml.root)) readVariables(yaml, yaml.root, into);
  else
    complaints.error(yaml.at(yaml.root), {
      code: 'inventory/no-mapping',
      message: 'A file of variables is a mapping of names to values.',
      mend: 'Write "name: value" on each line.',
    });
}

type Reading = { readonly yaml: YamlFile; readonly into: RawInventory };

function readGroup(reading: Reading, name: string, node: unknown, at: Position, depth: number): void {
  const { yaml, into } = reading;
  const { complaints } = yaml;
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
  if (isNothing(node)) return;
  if (!isMap(node)) {
    complaints.error(yaml.at(node), {
      code: 'inventory/group',
      message: `The group ${name} has to be a mapping with hosts, vars and children.`,
      mend: 'Put the hosts under hosts:, each with a colon behind it.',
    });
    return;
  }
  yaml.open.add(node);
  for (const [key, value, keyAt] of entriesOf(yaml, node)) {
    if (isNothing(value)) continue;
    if (key === 'hosts' || key === 'vars' || key === 'children')
      readSection(reading, group, key, value, depth);
    else
      complaints.error(keyAt, {
        code: 'inventory/unknown-key',
        message: `A group has no key ${key}.`,
        mend: `A group has hosts, vars and children; put ${key} under one of them.`,
      });
  }
  yaml.open.delete(node);
}

function readSection(
  reading: Reading,
  group: RawGroup,
  key: 'hosts' | 'vars' | 'children',
  value: unknown,
  depth: number,
): void {
  const { yaml } = reading;
  const entries = sectionEntries(yaml, key, value);
  if (entries === undefined) {
    yaml.complaints.error(yaml.at(value), {
      code: 'inventory/group',
      message: `${key} of the group ${group.name} has to be a mapping${isSeq(value) ? ', not a list' : ''}.`,
      mend:
        key === 'hosts'
          ? 'Write "etcd01:" on a line of its own, without a dash.'
          : 'Write "name: value" lines.',
    });
    return;
  }
  if (key === 'vars' && isMap(value)) readVariables(yaml, value, group.vars);
  for (const [name, inner, at] of key === 'vars' ? [] : entries)
    if (key === 'hosts') readHost(reading, group, name, inner, at);
    else {
      group.children.set(name, at);
      readGroup(reading, name, inner, at, depth + 1);
    }
}

/** A single host or group may stand there by its name alone. */
function sectionEntries(yaml: YamlFile, key: string, value: unknown) {
  if (isScalar(value) && key !== 'vars') return [[String(value.value), null, yaml.at(value)] as const];
  return isMap(value) ? entriesOf(yaml, value) : undefined;
}

function readHost(
  { yaml, into }: Reading,
  group: RawGroup,
  written: string,
  vars: unknown,
  at: Position,
): void {
  const said: RawVariables = new Map();
  if (isMap(vars)) readVariables(yaml, vars as Node, said);
  else if (!isNothing(vars))
    yaml.complaints.error(yaml.at(vars), {
      code: 'inventory/host',
      message: `The variables of ${written} have to be a mapping.`,
      mend: `Write ansible_host: ${isScalar(vars) ? String(vars.value) : 'ADDRESS'} on a line below, indented.`,
    });
  for (const host of readHosts(written, at, into, yaml.complaints)) {
    group.hosts.add(host.name);
    for (const [name, variable] of said) host.vars.set(name, variable);
  }
}
