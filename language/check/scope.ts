import {
  type CheckFields,
  type CheckType,
  hostType,
  mapOf,
  type RefusedFields,
  STRING,
  stepType,
} from '../../plan/expressions/check-types.ts';
import type { Position } from '../../plan/plan.ts';

/** A plain name that expressions of a runbook can use. */
export type Known =
  | {
      readonly kind: 'value';
      readonly what: 'input' | 'set' | 'loop' | 'secrets';
      readonly type: CheckType;
      readonly at: Position;
      /** Set where the value may be missing when it is read, and why. */
      readonly unsure?: Unsure;
    }
  | {
      readonly kind: 'step';
      readonly outputs: CheckFields;
      /** It happened on hosts, and each has its own outputs. */
      readonly perHost: boolean;
      /** On one host at most, so that its outputs need no host to be named. */
      readonly single: boolean;
      /** It happened once for each turn of a loop: only its rows can be read. */
      readonly looped?: true;
      readonly at: Position;
      readonly unsure?: Unsure;
    }
  /** A step whose outputs can't be read from here. */
  | { readonly kind: 'hidden'; readonly why: string; readonly mend: string; readonly at: Position };

/** Outputs that are there only if these conditions held and, for `mayFail`, nothing failed. */
export type Unsure = { readonly conditions: readonly string[]; readonly mayFail: boolean };

/** Names that mean something everywhere, so that nothing else may be called so. */
export const BUILT_IN: ReadonlySet<string> = new Set(['host', 'item', 'run', 'secrets']);

/** What a step's outputs may not be called, as a row already has them. */
export const ROW_NAMES: ReadonlySet<string> = new Set([
  'host',
  'outcome',
  'rows',
  'each',
  'results',
  'choice',
]);

const RUN: CheckType = {
  ...mapOf({ id: STRING, requested_by: STRING, reason: STRING }),
  title: 'run',
  view: true,
};

/** What is known at one place of a runbook. The names of a sequence grow as it is read from top to bottom. */
export class Scope {
  readonly names: Map<string, Known>;
  readonly host: CheckType;

  constructor(host: CheckType, names: ReadonlyMap<string, Known> = new Map()) {
    this.host = host;
    this.names = new Map(names);
  }

  /** A scope that can grow by itself. */
  copy(): Scope {
    return new Scope(this.host, this.names);
  }

  with(name: string, known: Known): Scope {
    const copy = this.copy();
    copy.names.set(name, known);
    return copy;
  }
}

/** From where an expression looks at the scope. */
export type Viewpoint = {
  readonly scope: Scope;
  /** Evaluated for each host by itself: `host` is there, and a step's outputs are this host's. */
  readonly perHost: boolean;
  /** The conditions under which this is evaluated at all. */
  readonly conditions: readonly string[];
  /** What is made of it reaches nothing that is shown or recorded: secrets may stand in it. A `value` stays what it is, and is no text. */
  readonly secrets?: 'in text' | 'in value';
  /** Further names, as `status` and `body` of an answer. */
  readonly extra?: CheckFields;
  /** The step whose own outputs are looked at, after it succeeded. */
  readonly own?: string;
};

export type Seen =
  | { readonly ok: true; readonly type: CheckType }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly mend: string };

export const MAYBE_MISSING = 'expression/may-be-missing';

/** The type of a name from a viewpoint, why it can't be used there, or nothing where there is no such name. */
export function look(view: Viewpoint, name: string): Seen | undefined {
  const extra = view.extra !== undefined && Object.hasOwn(view.extra, name) ? view.extra[name] : undefined;
  if (extra !== undefined) return { ok: true, type: extra };
  const known = view.scope.names.get(name);
  if (known !== undefined) return lookAt(view, name, known);
  if (name === 'run') return { ok: true, type: RUN };
  if (name === 'host') {
    if (view.perHost) return { ok: true, type: view.scope.host };
    return {
      ok: false,
      code: 'expression/no-host',
      message: 'host is one of the hosts of a step, and this is evaluated once for all of them.',
      mend: 'Name a host (members[0]), or make a group with on and as around the step.',
    };
  }
  if (name === 'secrets')
    return {
      ok: false,
      code: 'secret/unknown',
      message: 'No secrets are declared here.',
      mend: 'Add secrets: { NAME: env:NAME } to the runbook: where each is found, never what it is.',
    };
  return undefined;
}

function lookAt(view: Viewpoint, name: string, known: Known): Seen {
  if (known.kind === 'hidden')
    return { ok: false, code: 'expression/out-of-reach', message: known.why, mend: known.mend };
  const missing = view.own === name ? undefined : whyMissing(view, name, known.unsure);
  if (known.kind === 'value') {
    if (missing === undefined) return { ok: true, type: known.type };
    return {
      ok: false,
      code: MAYBE_MISSING,
      message: `${name} may not be set here: ${missing}.`,
      mend: `Set it in every case (condition ? one : other), or read it under the same when.`,
    };
  }
  const refused =
    missing === undefined
      ? {}
      : Object.fromEntries(
          Object.keys(known.outputs).map((output) => [
            output,
            {
              message: `${name}.${output} may not be there: ${missing}.`,
              mend: `Give a default: ${name}.get("${output}", …); or read ${name}.rows, which has the hosts that have it.`,
            },
          ]),
        );
  const single = known.looped !== true && (known.single || view.perHost);
  const type = stepType({
    id: name,
    outputs: known.outputs,
    single,
    perHost: known.perHost,
    host: view.scope.host,
    refused,
  });
  return { ok: true, type };
}

function whyMissing(view: Viewpoint, name: string, unsure: Unsure | undefined): string | undefined {
  if (unsure === undefined) return undefined;
  const open = unsure.conditions.find((condition) => !view.conditions.includes(condition));
  if (open !== undefined) return `${name} happens only when ${open}`;
  return unsure.mayFail ? `${name} may fail` : undefined;
}

/** A host with these variables beside what every host has. */
export function hostOf(vars: CheckFields, open: boolean, refused: RefusedFields): CheckType {
  return hostType(vars, open, refused);
}

/** Whether the type is a host, hosts, or something that may turn out to be. */
export function hostKind(type: CheckType): 'one' | 'many' | 'unknown' | undefined {
  if (type.kind === 'host') return 'one';
  if (type.kind === 'dyn') return 'unknown';
  if (type.kind === 'list' && (type.of.kind === 'host' || type.of.kind === 'dyn')) return 'many';
  return undefined;
}

/** The output of that name of the step that is looked at, else of the only step that has one: `room.free_mb` for `free_mb`. */
export function asOutput({ scope, own }: Viewpoint, name: string): string | undefined {
  const steps = [...scope.names].flatMap(([step, known]) =>
    known.kind === 'step' && Object.hasOwn(known.outputs, name) ? [step] : [],
  );
  const [only, another] = steps;
  if (own !== undefined && steps.includes(own)) return `${own}.${name}`;
  return only === undefined || another !== undefined ? undefined : `${only}.${name}`;
}
