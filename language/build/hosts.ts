import { hostsOfTerm, NO_HOST, type PatternTerm, parsePattern } from '../../inventory/pattern.ts';
import { nearestName } from '../../plan/expressions/nearest-name.ts';
import type { HostTerm } from '../../plan/plan.ts';
import { hostKind, look, type Viewpoint } from '../check/scope.ts';
import type { Path } from '../yaml/source.ts';
import type { Hosts, UnitContext } from './unit-context.ts';

/**
 * Reads `on`: a host pattern whose words may be names in scope, groups or hosts, in this order. A lone `${{ }}` that gives
 * a host or hosts will do as well.
 */
export function readHosts(unit: UnitContext, path: Path, text: string, view: Viewpoint): Hosts | undefined {
  const { source, complaints, expressions } = unit;
  const place = { source, path };
  if (text.includes(`\${{`)) {
    const read = expressions.template(place, text, view);
    const [expr, ...rest] = read?.template ?? [];
    if (read === undefined) return undefined;
    const kind = hostKind(read.type);
    if (rest.length === 0 && typeof expr === 'object' && kind !== undefined)
      return { set: [{ op: 'add', of: { expr } }], single: kind === 'one' };
    complaints.error(source.at(path), {
      code: 'on/no-host',
      message: 'This expression does not give a host or hosts.',
      mend: 'Write a host pattern: members:!gone, seed, etcd[0].',
    });
    return undefined;
  }
  const parsed = parsePattern(text);
  if (!parsed.ok) {
    complaints.error(source.within(path, parsed.offset), { code: 'on/pattern', ...parsed });
    return undefined;
  }
  const terms = parsed.pattern.map((term) => readTerm(unit, path, term, view));
  if (terms.includes(undefined)) return undefined;
  const known = terms.filter((term) => term !== undefined);
  const added = known.filter((term) => term.term.op === 'add');
  return { set: known.map((each) => each.term), single: added.length === 1 && added[0]?.single === true };
}

type ReadTerm = { readonly term: HostTerm; readonly single: boolean };

function readTerm(unit: UnitContext, path: Path, term: PatternTerm, view: Viewpoint): ReadTerm | undefined {
  const { complaints, expressions, source } = unit;
  const at = source.within(path, term.offset);
  const seen = look(view, term.word);
  if (view.scope.names.has(term.word)) {
    expressions.used.add(term.word);
    if (seen?.ok === false) {
      complaints.error(at, seen);
      return undefined;
    }
    const kind = seen === undefined ? undefined : hostKind(seen.type);
    if (kind === undefined || (kind === 'one' && (term.index ?? term.slice) !== undefined)) {
      complaints.error(at, {
        code: 'on/no-host',
        message:
          kind === undefined
            ? `${term.word} is neither a host nor hosts.`
            : `${term.word} is one host: it has no [ ].`,
        mend:
          kind === undefined
            ? 'Name a group, a host, or an input, set or as name that is one.'
            : 'Leave the [ ] out.',
      });
      return undefined;
    }
    const expr = { cel: term.word, at };
    const { index, slice } = term;
    const of = {
      expr,
      ...(index === undefined ? {} : { index }),
      ...(slice === undefined ? {} : { slice }),
    };
    return { term: { op: term.op, of }, single: kind === 'one' || term.index !== undefined };
  }
  if (expressions.everywhere.has(term.word)) {
    complaints.error(at, {
      code: 'expression/not-yet',
      message: `${term.word} is not known yet here: it stands further down.`,
      mend: 'Move this below it.',
    });
    return undefined;
  }
  if (unit.inventory === undefined)
    return { term: { op: term.op, of: { hosts: [] } }, single: term.index !== undefined };
  const found = hostsOfTerm(unit.inventory, term);
  if (!found.ok) {
    const names = [...view.scope.names].filter(([, known]) => known.kind === 'value').map(([name]) => name);
    const close = found.nearest ?? nearestName(term.word, names);
    complaints.error(at, {
      code: 'on/unknown-host',
      message: `${term.word} is no name here, and no group or host of the inventory.`,
      mend: close === undefined ? found.mend : `Did you mean ${close}?`,
      nearest: close,
    });
    return undefined;
  }
  const group = unit.inventory.groups.has(term.word);
  const single = term.index !== undefined || (!group && found.hosts.length === 1 && term.word !== NO_HOST);
  return { term: { op: term.op, of: { hosts: found.hosts } }, single };
}
