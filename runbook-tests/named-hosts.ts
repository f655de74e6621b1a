import { NO_HOST, parsePattern } from '../inventory/pattern.ts';
import type { Library } from '../language/load/library.ts';
import { readYaml } from '../language/yaml/read.ts';
import type { Tree } from '../language/yaml/source.ts';
import { Complaints } from '../plan/complaints.ts';
import { isTreeList, isTreeMap, type TreeMap } from './trees.ts';

/** What a runbook says of hosts, as far as that can be told before there are any. */
export type HostWords = {
  /** Words of its patterns, and of those that it uses, that are no names in scope: groups, or hosts. */
  readonly groups: ReadonlySet<string>;
  /** Its inputs that are hosts. */
  readonly inputs: ReadonlySet<string>;
};

/** Words of patterns that are neither. */
const NO_GROUPS = new Set(['all', 'ungrouped', NO_HOST]);

/** Enough to make hosts up for a test; whether they are right is for the compiler to say. */
export function hostWords(library: Library, runbook: string): HostWords {
  const groups = new Set<string>();
  const seen = new Set<string>();
  const main = visit(runbook);
  return { groups, inputs: new Set(main === undefined ? [] : hostInputs(main)) };

  function visit(name: string): TreeMap | undefined {
    const file = library.locate(name);
    const text = file === undefined || seen.has(file) ? undefined : library.read(file);
    if (file === undefined || text === undefined) return undefined;
    seen.add(file);
    const tree = readYaml(file, text, new Complaints())?.tree;
    if (!isTreeMap(tree)) return undefined;
    const found: Found = { patterns: [], names: new Set(Object.keys(mapOf(tree.inputs))), uses: [] };
    gather(tree, found);
    for (const input of hostInputs(tree)) {
      const declared = mapOf(tree.inputs)[input];
      const standard = isTreeMap(declared) ? declared.default : undefined;
      if (typeof standard === 'string') found.patterns.push(standard);
    }
    for (const word of found.patterns.flatMap(patternWords)) if (!found.names.has(word)) groups.add(word);
    for (const used of found.uses) visit(used);
    return tree;
  }
}

/** The words of a host pattern that may be groups or hosts; none of one that is an expression. */
export function patternWords(pattern: string): readonly string[] {
  const parsed = pattern.includes(`\${{`) ? undefined : parsePattern(pattern);
  if (parsed?.ok !== true) return [];
  return parsed.pattern
    .map((term) => term.word)
    .filter((word) => /^[\w.-]+$/.test(word) && !NO_GROUPS.has(word));
}

type Found = { readonly patterns: string[]; readonly names: Set<string>; readonly uses: string[] };

function gather(tree: Tree, found: Found): void {
  if (isTreeList(tree)) for (const item of tree) gather(item, found);
  if (!isTreeMap(tree)) return;
  const { on, id, as, use, set } = tree;
  if (typeof on === 'string') found.patterns.push(on);
  for (const name of [id, as]) if (typeof name === 'string') found.names.add(name);
  for (const name of Object.keys(mapOf(set))) found.names.add(name);
  if (typeof use === 'string') found.uses.push(use);
  for (const value of Object.values(tree)) gather(value, found);
}

function hostInputs(tree: TreeMap): readonly string[] {
  return Object.entries(mapOf(tree.inputs)).flatMap(([name, said]) => {
    const type = isTreeMap(said) ? said.type : said;
    return type === 'host' || type === 'hosts' ? [name] : [];
  });
}

function mapOf(tree: Tree | undefined): TreeMap {
  return isTreeMap(tree) ? tree : {};
}
