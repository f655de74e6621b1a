import type { Complaints } from '../../plan/complaints.ts';
import { checkExpression } from '../../plan/expressions/check.ts';
import { type CheckType, DYN, describe, holdsSecret, STRING } from '../../plan/expressions/check-types.ts';
import { didYouMean, nearestName } from '../../plan/expressions/nearest-name.ts';
import { type Expression, parseExpression } from '../../plan/expressions/parse.ts';
import { type Hole, isTemplate, parseTemplate } from '../../plan/expressions/template.ts';
import type { Expr, Template } from '../../plan/plan.ts';
import type { Path, Source } from '../yaml/source.ts';
import { asOutput, look, MAYBE_MISSING, type Viewpoint } from './scope.ts';

/** Where a text stands. */
export type Place = { readonly source: Source; readonly path: Path };

export type CheckedExpr = { readonly expr: Expr; readonly type: CheckType };
export type CheckedTemplate = { readonly template: Template; readonly type: CheckType };

/** Reads the expressions of one runbook against what is known where they stand. */
export class ExpressionReader {
  /** Every name that some expression used. */
  readonly used = new Set<string>();
  /** The texts with secrets in them. */
  readonly secretive = new WeakSet<Template>();
  /** Every step and name of the runbook, also those further down. */
  readonly everywhere: ReadonlySet<string>;
  readonly #complaints: Complaints;

  constructor(complaints: Complaints, everywhere: ReadonlySet<string>) {
    this.#complaints = complaints;
    this.everywhere = everywhere;
  }

  /** An expression that stands bare. `wanted` is what it has to give. */
  bare(place: Place, text: string, view: Viewpoint, wanted?: 'bool' | 'list'): CheckedExpr | undefined {
    this.#commentTrap(place);
    const trimmed = text.trim();
    if (/^\$\{\{[\s\S]*\}\}$/.test(trimmed)) {
      this.#complaints.error(place.source.at(place.path), {
        code: 'expression/braces-not-needed',
        message: `Here stands an expression in any case; \${{ }} is for texts.`,
        mend: `Write it bare: ${trimmed.slice(3, -2).trim()}`,
      });
      return undefined;
    }
    const parsed = parseExpression(trimmed);
    const lead = text.length - text.trimStart().length;
    if (!parsed.ok) {
      for (const problem of parsed.problems) this.#problem(place, lead, 'expression/syntax', problem);
      return undefined;
    }
    const type = this.#check(place, lead, parsed, view);
    if (type === undefined) return undefined;
    if (wanted !== undefined && type.kind !== wanted && type.kind !== 'dyn') {
      this.#complaints.error(place.source.within(place.path, lead), {
        code: 'expression/type',
        message: `This has to be ${wanted === 'bool' ? 'true or false' : 'a list'}, and is ${describe(type)}.`,
        mend: wanted === 'bool' ? 'Compare it with something: x == "a", x > 0, size(x) > 0.' : 'Give a list.',
      });
      return undefined;
    }
    return { expr: { cel: trimmed, at: place.source.within(place.path, lead) }, type };
  }

  /** A text with expressions in `${{ }}`. One lone expression keeps its type. */
  template(place: Place, text: string, view: Viewpoint): CheckedTemplate | undefined {
    if (!isTemplate(text)) return { template: [text], type: STRING };
    const parsed = parseTemplate(text);
    if (!parsed.ok) {
      this.#commentTrap(place);
      for (const problem of parsed.problems) this.#problem(place, 0, 'expression/syntax', problem);
      return undefined;
    }
    const types = parsed.holes.map((hole) => this.#check(place, hole.offset, hole.expression, view));
    if (types.includes(undefined)) return undefined;
    const secret = types.some((type) => type !== undefined && holdsSecret(type));
    const alone = parsed.template.length === 1;
    if (view.secrets === undefined && this.#leaks(place, parsed.holes, types)) return undefined;
    if (!(alone && view.secrets === 'in value') && this.#packed(place, parsed.holes, types)) return undefined;
    let hole = 0;
    const template = parsed.template.map((part) =>
      typeof part === 'string'
        ? part
        : { ...part, at: place.source.within(place.path, parsed.holes[hole++]?.offset ?? 0) },
    );
    if (secret) this.secretive.add(template);
    const lone = template.length === 1 && typeof template[0] !== 'string';
    return { template, type: lone ? (types[0] ?? DYN) : STRING };
  }

  /** A secret in a text that is shown or recorded. */
  #leaks(place: Place, holes: readonly Hole[], types: readonly (CheckType | undefined)[]): boolean {
    const leaking = holes.filter((_, i) => holdsSecret(types[i] ?? DYN));
    for (const { offset } of leaking)
      this.#complaints.error(place.source.within(place.path, offset), {
        code: 'secret/leak',
        message: 'A secret would be seen here: this text is shown and recorded.',
        mend: "Secrets may stand in env, in an http request's headers and body, in become's password, and be passed to inputs of type secret.",
      });
    return leaking.length > 0;
  }

  /** A list or a map with secrets in it, which has no text. */
  #packed(place: Place, holes: readonly Hole[], types: readonly (CheckType | undefined)[]): boolean {
    const packed = holes.filter((_, i) => types[i]?.kind !== 'secret' && holdsSecret(types[i] ?? DYN));
    for (const { offset } of packed)
      this.#complaints.error(place.source.within(place.path, offset), {
        code: 'secret/looked-into',
        message: 'Secrets in a list or a map have no text.',
        mend: 'Take one out by itself: rows[0].token; in the json of a request the whole may stand.',
      });
    return packed.length > 0;
  }

  #check(place: Place, lead: number, parsed: Expression, view: Viewpoint): CheckType | undefined {
    const known = [...view.scope.names.keys(), ...Object.keys(view.extra ?? {}), 'run'];
    if (view.perHost) known.push('host');
    let bad = false;
    const complained = new Set<string>();
    for (const { name, path, offset } of parsed.identifiers) {
      this.used.add(name);
      if (name === 'secrets') this.used.add(`secrets.${path[0]}`);
      const seen = look(view, name);
      if (seen?.ok === true) continue;
      bad = true;
      if (complained.has(name)) continue;
      complained.add(name);
      const at = place.source.within(place.path, lead + offset);
      const named = asOutput(view, name);
      if (seen !== undefined) this.#complaints.error(at, seen);
      else if (this.everywhere.has(name))
        this.#complaints.error(at, {
          code: 'expression/not-yet',
          message: `${name} is not known yet here: it stands further down, or beside this in a parallel group.`,
          mend: 'Move this below it.',
        });
      else
        this.#complaints.error(at, {
          code: 'expression/unknown-name',
          message: `There is no name ${name} here.`,
          mend:
            named === undefined
              ? (didYouMean(name, known) ?? 'Inputs, steps above, set and as give names.')
              : `Did you mean ${named}?`,
          nearest: named ?? nearestName(name, known),
        });
    }
    const checked = checkExpression(
      parsed.source,
      (name) => {
        const seen = look(view, name);
        return seen?.ok === true ? seen.type : DYN;
      },
      known,
    );
    for (const problem of checked.problems) {
      bad = true;
      this.#problem(place, lead, codeOf(problem.message), problem);
    }
    return bad ? undefined : checked.type;
  }

  #problem(
    place: Place,
    lead: number,
    code: string,
    problem: { readonly message: string; readonly offset: number; readonly mend?: string },
  ): void {
    this.#complaints.error(place.source.within(place.path, lead + problem.offset), {
      code,
      message: problem.message,
      mend: problem.mend ?? 'Correct the expression.',
    });
  }

  /** YAML ends a plain value at ` #`: the rest of an expression would be gone without a word. */
  #commentTrap(place: Place): void {
    if (place.source.scalar(place.path)?.commented !== true) return;
    this.#complaints.error(place.source.at(place.path), {
      code: 'yaml/comment-cuts-expression',
      message: 'A # follows this expression; YAML takes it and all behind it for a comment.',
      mend: 'Put the comment on a line of its own above, or the whole expression in quotes if the # is part of it.',
    });
  }
}

/** The checker's problems about names that the scope refuses have codes of their own. */
function codeOf(message: string): string {
  if (/ may not be there: /.test(message)) return MAYBE_MISSING;
  if (/ could be that of several hosts\.$/.test(message)) return 'expression/several-hosts';
  if (/^This is never "/.test(message)) return 'expression/never-equal';
  if (/^A secret|\ba secret\b/.test(message)) return 'secret/looked-into';
  return 'expression/type';
}
