import { type CheckType, checkTypeOf, describe, holdsSecret } from '../../plan/expressions/check-types.ts';
import { convert } from '../../plan/expressions/conversion.ts';
import { parseExpression } from '../../plan/expressions/parse.ts';
import { typeText } from '../../plan/expressions/type-text.ts';
import type { Expr, HostSlice, HostTerm } from '../../plan/plan.ts';
import type { Type } from '../../plan/types.ts';
import type { Viewpoint } from '../check/scope.ts';
import { limitProblem } from '../plan/input-limits.ts';
import type { Path, Tree } from '../yaml/source.ts';
import { readTree } from './body.ts';
import { celOfTemplate, celOfText, celOfTree, celOfValue } from './cel-text.ts';
import { readHosts } from './hosts.ts';
import type { DeclaredInput } from './inputs.ts';
import type { UnitContext } from './unit-context.ts';

/**
 * A value that is passed to another runbook, read by the type of its input: hosts as a pattern, texts with `${{ }}` in them,
 * numbers and the like as such or as one lone `${{ }}`. The answer is one expression in the caller's names.
 */
export function readPassed(
  unit: UnitContext,
  path: Path,
  tree: Tree,
  input: DeclaredInput,
  view: Viewpoint,
): Expr | undefined {
  const at = unit.source.at(path);
  const { type } = input;
  if ((type.kind === 'host' || type.kind === 'hosts') && typeof tree === 'string' && !tree.includes(`\${{`)) {
    const hosts = readHosts(unit, path, tree, view);
    if (hosts === undefined) return undefined;
    if (type.kind === 'host' && !hosts.single && unit.inventory !== undefined && !isOneLiteral(hosts.set)) {
      wrong(unit, path, input, 'it could be several hosts', 'Pick one: members[0].');
      return undefined;
    }
    const expr = { cel: celOfHosts(hosts.set, type.kind === 'host', view), at };
    unit.sets.set(expr, hosts.set);
    return expr;
  }
  if (typeof tree === 'string' && !tree.includes(`\${{`)) {
    const value = convert(type, tree);
    const problem = value.ok ? limitProblem(input, value.value) : undefined;
    if (problem !== undefined) {
      wrong(unit, path, input, problem, 'Give a value within its limits.');
      return undefined;
    }
    if (value.ok) return { cel: celOfValue(value.value), at };
    wrong(unit, path, input, value.message, `Write a value of type ${typeText(type)}, or \${{ … }}.`);
    return undefined;
  }
  if (typeof tree === 'string') {
    const inside: Viewpoint = holdsSecret(checkTypeOf(type)) ? { ...view, secrets: 'in value' } : view;
    const read = unit.expressions.template({ source: unit.source, path }, tree, inside);
    if (read === undefined) return undefined;
    if (!fits(read.type, type)) {
      wrong(unit, path, input, `this is ${describe(read.type)}`, `It has to be of type ${typeText(type)}.`);
      return undefined;
    }
    if (type.kind === 'host' && read.type.kind === 'string' && typeof read.template[0] !== 'string')
      unit.complaints.warning(unit.source.at(path), {
        code: 'host/from-text',
        message: 'Only the run finds out whether this text is the name of one of its hosts.',
        mend: 'Pass the host itself: a step has it in its rows (rows.max_by(r, r.n).host).',
      });
    return { cel: celOfTemplate(read.template), at };
  }
  const read = readTree(unit, path, tree, view);
  return read === undefined ? undefined : { cel: celOfTree(read), at };
}

function wrong(
  unit: UnitContext,
  path: Path,
  input: { readonly name: string },
  why: string,
  mend: string,
): void {
  unit.complaints.error(unit.source.at(path), {
    code: 'use/wrong-type',
    message: `This does not fit the input ${input.name}: ${why.replace(/\.$/, '')}.`,
    mend,
  });
}

/** Whether a value of the checked type can be one of the input's type. What can't be known fits. */
export function fits(given: CheckType, wanted: Type): boolean {
  if (given.kind === 'dyn' || wanted.kind === 'any') return true;
  switch (wanted.kind) {
    case 'string':
    case 'text':
      return ['string', 'int', 'number', 'version', 'host'].includes(given.kind);
    case 'url':
    case 'choice':
      return given.kind === 'string';
    case 'int':
    case 'duration':
    case 'size':
      return given.kind === 'int' || given.kind === 'string';
    case 'number':
      return given.kind === 'int' || given.kind === 'number' || given.kind === 'string';
    case 'bool':
      return given.kind === 'bool';
    case 'secret':
      return given.kind === 'secret';
    case 'host':
      return given.kind === 'host' || given.kind === 'string';
    case 'hosts':
      return given.kind === 'host' || (given.kind === 'list' && fits(given.of, { kind: 'host' }));
    case 'list':
      return given.kind === 'list' && fits(given.of, wanted.of);
    case 'object':
      return given.kind === 'map' && given.view !== true;
  }
}

function isOneLiteral(set: readonly HostTerm[]): boolean {
  const [only] = set;
  return set.length === 1 && only !== undefined && 'hosts' in only.of && only.of.hosts.length === 1;
}

/**
 * A host set as an expression: a lone name is itself, several are joined in the order of their parts. Hosts that are known by name
 * are texts, which become hosts where they arrive; then all are.
 */
function celOfHosts(set: readonly HostTerm[], one: boolean, view: Viewpoint): string {
  const [only] = set;
  if (set.length === 1 && only !== undefined) {
    if ('expr' in only.of)
      return only.of.index === undefined
        ? sliced(only.of.expr.cel, only.of.slice)
        : picked(only.of.expr.cel, only.of.index);
    const names = only.of.hosts.map((name) => celOfText(name));
    return one ? (names[0] ?? '""') : `[${names.join(', ')}]`;
  }
  const byName = set.some((term) => 'hosts' in term.of);
  const listed = set.reduce((left, term) => {
    const these = listOf(term, byName, view);
    if (left === '') return these;
    if (term.op === 'add') return `distinct(${left} + ${these})`;
    return `${left}.filter(h, ${term.op === 'keep' ? `h in ${these}` : `!(h in ${these})`})`;
  }, '');
  return one ? `${listed}[0]` : listed;
}

function listOf(term: HostTerm, byName: boolean, view: Viewpoint): string {
  if ('hosts' in term.of) return `[${term.of.hosts.map((name) => celOfText(name)).join(', ')}]`;
  const { expr, index, slice } = term.of;
  const name = byName ? '.name' : '';
  if (index !== undefined) return `[${picked(expr.cel, index)}${name}]`;
  const parsed = parseExpression(expr.cel);
  const known = parsed.ok ? view.scope.names.get(parsed.identifiers[0]?.name ?? '') : undefined;
  if (known?.kind === 'value' && known.type.kind === 'host') return `[${expr.cel}${name}]`;
  const hosts = sliced(expr.cel, slice);
  return byName ? `${hosts}.map(h, h.name)` : hosts;
}

function picked(cel: string, index: number): string {
  return index >= 0 ? `${cel}[${index}]` : `${cel}[size(${cel}) - ${-index}]`;
}

/** Ansible's ends are included, the expression's are not. */
function sliced(cel: string, slice: HostSlice | undefined): string {
  if (slice === undefined) return cel;
  const { from, to } = slice;
  return to === undefined || to === -1 ? `slice(${cel}, ${from})` : `slice(${cel}, ${from}, ${to + 1})`;
}
