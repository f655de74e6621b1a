import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Complaints } from '../plan/complaints.ts';
import type { Json } from '../plan/json.ts';
import type { Position } from '../plan/plan.ts';
import type { RawVariables } from './raw.ts';
import { yamlScalar } from './scalar.ts';

/** Deeper nesting of groups or values than this is a mistake. */
export const DEEPEST = 50;
/** Values and groups of one file, aliases followed. */
const MOST_NODES = 200_000;

export type YamlFile = {
  readonly root: Node | null;
  readonly at: (node: unknown) => Position;
  /** Follows `*name`: Ansible's files have them. */
  readonly target: (node: unknown) => unknown;
  /** False once too much was read: aliases of aliases grow without end. */
  readonly spend: () => boolean;
  /** Groups that are being read: one that is met again contains itself. */
  readonly open: Set<unknown>;
  readonly complaints: Complaints;
};

export type YamlEntry = readonly [name: string, value: unknown, key: Position];

/** A file as YAML, every scalar as it is written; undefined where it is none, which is complained of. */
export function parseYaml(file: string, text: string, complaints: Complaints): YamlFile | undefined {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const noYaml = (offset: number, why: string): undefined => {
    complaints.error(position(offset), {
      code: 'inventory/yaml',
      message: `This is not YAML: ${why}.`,
      mend: 'Look at quotes, brackets and indentation here and on the line before.',
    });
  };
  try {
    const parsed = parseDocument(text, {
      schema: 'failsafe',
      uniqueKeys: false,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    });
    const [error] = parsed.errors;
    if (error !== undefined) return noYaml(error.pos[0], error.message);
    let spent = 0;
    return {
      spend: () => ++spent < MOST_NODES,
      open: new Set(),
      root: parsed.contents,
      at: (node) => position(isNode(node) ? (node.range?.[0] ?? 0) : 0),
      target: (node) => (isAlias(node) ? node.resolve(parsed) : node),
      complaints,
    };
  } catch (thrown) {
    return noYaml(0, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** The entries of a mapping, the last one of each name; those that `<<` merges into it win over nothing. */
export function entriesOf(yaml: YamlFile, node: Node): readonly YamlEntry[] {
  return isMap(node) ? [...collect(yaml, node, 0).values()] : [];
}

function collect(yaml: YamlFile, node: YAMLMap, depth: number): Map<string, YamlEntry> {
  const own = new Map<string, YamlEntry>();
  const merged = new Map<string, YamlEntry>();
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const target = yaml.target(value);
    if (name === '<<' && key.type === 'PLAIN') {
      const sources = isSeq(target) ? target.items.map((item) => yaml.target(item)) : [target];
      for (const source of sources)
        if (isMap(source) && depth < DEEPEST && yaml.spend())
          for (const [inner, entry] of collect(yaml, source, depth + 1))
            if (!merged.has(inner)) merged.set(inner, entry);
      continue;
    }
    if (own.has(name))
      yaml.complaints.warning(yaml.at(key), {
        code: 'inventory/duplicate-key',
        message: `${name} is said twice here: the last one counts.`,
        mend: 'Take one of them out.',
      });
    own.set(name, [name, target, yaml.at(key)]);
  }
  return new Map([...merged, ...own]);
}

/** Whether nothing is said: no value, `~` or `null`. */
export function isNothing(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && scalarOf(node) === null);
}

/** Reads a mapping of variables. What is nested without end is complained of. */
export function readVariables(yaml: YamlFile, node: Node, into: RawVariables): void {
  for (const [name, value, at] of entriesOf(yaml, node)) {
    if (isNode(value) && /^!vault(-encrypted)?$/.test(value.tag ?? '')) {
      into.set(name, { value: null, at, encrypted: true });
      continue;
    }
    const json = toJson(yaml, value, 0);
    if (json === undefined)
      yaml.complaints.error(at, {
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
  if (isScalar(node)) return scalarOf(node);
  if (isSeq(node)) {
    const items = node.items.map((item) => toJson(yaml, item, depth + 1));
    return items.includes(undefined) ? undefined : items.filter((item) => item !== undefined);
  }
  if (!isMap(node)) return null;
  const object: { [key: string]: Json } = {};
  for (const [key, item] of entriesOf(yaml, node)) {
    const json = toJson(yaml, item, depth + 1);
    if (json === undefined) return undefined;
    object[key] = json;
  }
  return object;
}

/** Only what stands without quotes and without a tag can be anything but a text. */
export function scalarOf(node: {
  readonly value: unknown;
  readonly type?: unknown;
  readonly tag?: string | undefined;
}): Json {
  const text = String(node.value ?? '');
  const plain = (node.type === undefined || node.type === 'PLAIN') && node.tag !== 'tag:yaml.org,2002:str';
  return plain ? yamlScalar(text) : text;
}
