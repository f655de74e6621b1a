import { nearestName } from '../plan/expressions/nearest-name.ts';
import { sliceOf } from '../plan/host-sets.ts';
import type { HostName } from '../plan/ids.ts';
import type { HostSlice, PlanHost } from '../plan/plan.ts';

/**
 * A host pattern as Ansible writes it: words joined by `:` or `,`, a `!` before what is taken away and a `&` before
 * what must be met too; `*`, `?` and `[…]` in a word; `[0]`, `[-1]` and `[0:2]` behind a group.
 * Whatever the order in the text, words are joined first, then intersected, then taken away.
 */
export type HostPattern = readonly PatternTerm[];

export type PatternTerm = {
  readonly op: 'add' | 'remove' | 'keep';
  readonly word: string;
  /** Which of the hosts: one, or from one to another (both included, as in Ansible); negative from the end. */
  readonly index?: number;
  readonly slice?: HostSlice;
  /** Where the word begins in the pattern. */
  readonly offset: number;
};

export type PatternProblem = {
  readonly message: string;
  readonly mend: string;
  readonly offset: number;
  readonly nearest?: string;
};

/** Pattern text of no host at all. */
export const NO_HOST = 'none';

const ORDER = { add: 0, keep: 1, remove: 2 } as const;

export function parsePattern(
  text: string,
): { readonly ok: true; readonly pattern: HostPattern } | ({ readonly ok: false } & PatternProblem) {
  const terms: PatternTerm[] = [];
  for (const { part, offset } of splitParts(text)) {
    const op = part.startsWith('!') ? 'remove' : part.startsWith('&') ? 'keep' : 'add';
    const named = op === 'add' ? part : part.slice(1);
    const at = op === 'add' ? offset : offset + 1;
    if (named === '')
      return problem(
        `Nothing stands behind ${part} in the pattern "${text}".`,
        'Name a group or a host.',
        offset,
      );
    if (named.startsWith('~'))
      return problem('Regular expressions are no host patterns here.', 'Use * and ?, or a group.', at);
    const subscript = /^(.+)\[(-?\d{1,6})(?:(:)(-?\d{1,6})?)?\]$/.exec(named);
    const word = subscript?.[1] ?? named;
    if (!/^[A-Za-z0-9_.*?[\]!-]+$/.test(word) || !balanced(word))
      return problem(
        `"${named}" is no word of a host pattern.`,
        'Words are groups, hosts or names, joined by : or ,',
        at,
      );
    const from = Number(subscript?.[2] ?? 0);
    terms.push({
      op,
      word,
      offset: at,
      ...(subscript === null
        ? {}
        : subscript[3] === undefined
          ? { index: from }
          : { slice: { from, ...(subscript[4] === undefined ? {} : { to: Number(subscript[4]) }) } }),
    });
  }
  if (terms.length === 0) return problem('The host pattern is empty.', 'Name a group or a host, or none.', 0);
  if (!terms.some((term) => term.op === 'add')) terms.unshift({ op: 'add', word: 'all', offset: 0 });
  return { ok: true, pattern: terms.toSorted((a, b) => ORDER[a.op] - ORDER[b.op]) };
}

/** What hosts and groups there are, as far as patterns need it. */
export type KnownHosts = {
  readonly hosts: readonly Pick<PlanHost, 'name'>[];
  readonly groups: ReadonlyMap<string, readonly HostName[]>;
};

/** The hosts of a pattern in inventory order, or the word that means nothing. */
export function pickHosts(
  known: KnownHosts,
  pattern: HostPattern,
): { readonly ok: true; readonly hosts: readonly HostName[] } | ({ readonly ok: false } & PatternProblem) {
  let picked = new Set<HostName>();
  for (const term of pattern) {
    const hosts = hostsOfTerm(known, term);
    if (!hosts.ok) return hosts;
    const these = new Set(hosts.hosts);
    if (term.op === 'add') picked = new Set([...picked, ...these]);
    else picked = new Set([...picked].filter((name) => these.has(name) === (term.op === 'keep')));
  }
  return { ok: true, hosts: known.hosts.map((host) => host.name).filter((name) => picked.has(name)) };
}

/** The hosts of one word: a group, a host, or all that a glob matches. */
export function hostsOfTerm(
  known: KnownHosts,
  term: PatternTerm,
): { readonly ok: true; readonly hosts: readonly HostName[] } | ({ readonly ok: false } & PatternProblem) {
  const found = hostsOfWord(known, term.word);
  if (found === undefined) {
    const names = [...known.groups.keys(), ...known.hosts.map((host) => host.name)];
    const nearest = nearestName(term.word, names);
    const groups = [...known.groups.keys()].filter((name) => name !== 'ungrouped');
    return {
      ok: false,
      message: `There is no group or host ${term.word} in the inventory.`,
      mend:
        nearest === undefined
          ? `Its groups are ${groups.slice(0, 12).join(', ')}.`
          : `Did you mean ${nearest}?`,
      offset: term.offset,
      ...(nearest === undefined ? {} : { nearest }),
    };
  }
  if (term.index !== undefined) {
    const one = found.at(term.index);
    if (one !== undefined) return { ok: true, hosts: [one] };
    return problem(
      `${term.word}[${term.index}]: ${term.word} has ${found.length} ${found.length === 1 ? 'host' : 'hosts'}.`,
      'Indices count from 0, or from -1 at the end.',
      term.offset,
    );
  }
  return { ok: true, hosts: sliceOf(found, term.slice) };
}

function hostsOfWord(known: KnownHosts, word: string): readonly HostName[] | undefined {
  if (word === NO_HOST && !known.groups.has(word)) return [];
  const group = known.groups.get(word);
  if (group !== undefined) return group;
  const names = known.hosts.map((host) => host.name);
  const host = names.find((name) => name === word);
  if (host !== undefined) return [host];
  if (word === '*') return names;
  if (!/[*?[]/.test(word)) return undefined;
  const matches = glob(word);
  const inGroups = new Set([...known.groups].filter(([name]) => matches(name)).flatMap(([, hosts]) => hosts));
  const found = names.filter((name) => matches(name) || inGroups.has(name));
  return found.length === 0 ? undefined : found;
}

/** Matches in time linear in pattern times name, whatever the pattern: one star back at most. */
function glob(pattern: string): (name: string) => boolean {
  const tokens = [...pattern.matchAll(/\[!?[^\]]+\]|./gs)].map((match) => match[0]);
  const fits = (token: string | undefined, char: string): boolean => {
    if (token === undefined) return false;
    if (token === '?') return true;
    if (token.length === 1) return token === char;
    const negated = token[1] === '!';
    const inside = token.slice(negated ? 2 : 1, -1);
    let found = false;
    for (let i = 0; i < inside.length; i++) {
      const last = inside[i + 2];
      if (inside[i + 1] === '-' && last !== undefined) {
        found ||= (inside[i] ?? '') <= char && char <= last;
        i += 2;
      } else found ||= inside[i] === char;
    }
    return found !== negated;
  };
  return (name) => {
    let token = 0;
    let char = 0;
    let star = -1;
    let resume = 0;
    while (char < name.length) {
      if (tokens[token] === '*') {
        star = token++;
        resume = char;
      } else if (fits(tokens[token], name[char] ?? '')) {
        token += 1;
        char += 1;
      } else if (star >= 0) {
        token = star + 1;
        char = ++resume;
      } else return false;
    }
    while (tokens[token] === '*') token += 1;
    return token === tokens.length;
  };
}

/** Splits at `:` and `,` outside of brackets. */
function* splitParts(text: string): Generator<{ readonly part: string; readonly offset: number }> {
  let depth = 0;
  let from = 0;
  for (let i = 0; i <= text.length; i++) {
    const char = text[i];
    if (char === '[') depth += 1;
    if (char === ']') depth = Math.max(0, depth - 1);
    const ends = char === undefined || char === ',' || (char === ':' && depth === 0);
    if (!ends) continue;
    const raw = text.slice(from, i);
    const part = raw.trim();
    if (part !== '') yield { part, offset: from + raw.indexOf(part) };
    from = i + 1;
    depth = 0;
  }
}

function balanced(word: string): boolean {
  return /^[^[\]]*(\[[^[\]]+\][^[\]]*)*$/.test(word);
}

function problem(message: string, mend: string, offset: number) {
  return { ok: false, message, mend, offset } as const;
}
