import type { Inventory } from '../../inventory/inventory.ts';
import type { Complaints } from '../../plan/complaints.ts';
import {
  type CheckFields,
  type CheckType,
  checkTypeOf,
  DYN,
  describe,
} from '../../plan/expressions/check-types.ts';
import { convert } from '../../plan/expressions/conversion.ts';
import { isTemplate } from '../../plan/expressions/template.ts';
import { typeText } from '../../plan/expressions/type-text.ts';
import type { Digest } from '../../plan/ids.ts';
import type { Expr, HostSet, PinnedFile, Template, Unit } from '../../plan/plan.ts';
import { ExpressionReader } from '../check/expressions.ts';
import { hostOf, type Known, Scope, type Viewpoint } from '../check/scope.ts';
import type { Library } from '../load/library.ts';
import type { Declared, LoadedRunbook } from '../load/loader.ts';
import { limitProblem } from '../plan/input-limits.ts';
import type { SeenScript } from '../shell/script.ts';
import type { Path } from '../yaml/source.ts';
import { celOfTemplate } from './cel-text.ts';
import { readHosts } from './hosts.ts';
import { inputChecks } from './input-checks.ts';
import { type DeclaredInput, readInputs } from './inputs.ts';
import { collectNames } from './names.ts';
import { fits } from './passed.ts';
import { type Requirement, readRequirements } from './requirements.ts';
import { knownSecrets, readSecrets, warnOfUnusedSecrets } from './secrets.ts';
import { buildSteps } from './steps.ts';
import type { StepPlace, UnitContext, UnitFace } from './unit-context.ts';

/** A runbook as built, and what its users and the compiler need beside it. */
export type BuiltUnit = {
  readonly unit: Unit;
  readonly face: UnitFace;
  readonly runbook: LoadedRunbook;
  readonly requires: readonly Requirement[];
  /** What has to hold of inputs that another runbook passes. */
  readonly passed: readonly Requirement[];
  /** Terms of `locks`: names in scope, or free names. */
  readonly locks: readonly string[];
};

export type UnitEnvironment = {
  readonly complaints: Complaints;
  readonly inventory: Inventory | undefined;
  readonly blobs: Map<Digest, string>;
  readonly files: Map<Digest, PinnedFile>;
  readonly library: Library;
  readonly scripts: SeenScript[];
  readonly sets: Map<Expr, HostSet>;
  readonly use: (name: string, path: Path, from: LoadedRunbook) => UnitFace | undefined;
};

export function buildUnit(runbook: LoadedRunbook, around: UnitEnvironment): BuiltUnit {
  const { source, form } = runbook;
  const { complaints, inventory, blobs, files, library, scripts, sets } = around;
  const expressions = new ExpressionReader(complaints, collectNames(source, complaints));
  const inputs = readInputs(source, form.inputs, complaints);
  const ids = { last: 0 };
  const unit: UnitContext = {
    runbook,
    source,
    complaints,
    expressions,
    inventory,
    inputs,
    blobs,
    files,
    library,
    scripts,
    sets,
    use: (name, path) => around.use(name, path, runbook),
    nextId: () => `step_${++ids.last}`,
  };
  const { hostVars, host } = readHostVars(unit);
  const secrets = readSecrets(unit);
  const scope = new Scope(host, inputNames(inputs, host));
  const known = knownSecrets(unit, Object.keys(secrets));
  if (known !== undefined) scope.names.set('secrets', known);
  const place: StepPlace = { path: ['steps'], scope, env: {}, conditions: [] };
  const defaults = readDefaults(unit, scope);
  const env = readUnitEnv(unit, runbook.env, scope);
  const on =
    form.on === undefined
      ? undefined
      : readHosts(unit, ['on'], form.on, { scope, perHost: false, conditions: [] });
  const requires = readRequirements(unit, scope);
  const locks = readLocks(unit, scope);
  const { steps, names } = buildSteps(
    unit,
    form.steps,
    { ...place, env, ...(on === undefined ? {} : { on }) },
    false,
  );
  const end = scope.copy();
  for (const [name, known] of names) end.names.set(name, known);
  const { outputs, fields } = readOutputs(unit, end);
  for (const [i, id] of (form.report ?? []).entries())
    if (names.get(id)?.kind !== 'step')
      complaints.error(source.at(['report', i]), {
        code: 'report/unknown-step',
        message: `There is no step ${id}.`,
        mend: 'report names steps of this runbook that are in no loop.',
      });
  // What is wrong may be the very place that uses it.
  for (const input of complaints.failed ? [] : inputs.values())
    if (!expressions.used.has(input.name))
      complaints.warning(input.at, {
        code: 'input/unused',
        message: `Nothing uses the input ${input.name}.`,
        mend: 'Remove it, or use it.',
      });
  if (!complaints.failed) warnOfUnusedSecrets(unit);
  return {
    unit: {
      name: runbook.name,
      inputs: Object.fromEntries([...inputs].map(([name, { type }]) => [name, type])),
      ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
      ...(known === undefined ? {} : { secrets }),
      hostVars,
      steps,
      outputs,
      report: form.report ?? [],
    },
    face: { name: runbook.name, inputs, outputs: fields },
    runbook,
    requires,
    passed: inputChecks(inputs),
    locks,
  };
}

function inputNames(inputs: ReadonlyMap<string, DeclaredInput>, host: CheckType): ReadonlyMap<string, Known> {
  return new Map(
    [...inputs].map(([name, { type, at }]) => [
      name,
      { kind: 'value', what: 'input', type: checkTypeOf(type, host), at },
    ]),
  );
}

/** A default has to be a value of its input's type; it may be made from inputs above it: those are given back. */
function readDefaults(unit: UnitContext, scope: Scope): { readonly [input: string]: Expr } {
  const computed: { [input: string]: Expr } = {};
  const { complaints, expressions } = unit;
  const above = new Scope(scope.host);
  for (const input of unit.inputs.values()) {
    const { name, type, source, path } = input;
    const text = typeof input.default === 'string' ? input.default : undefined;
    const wrong = (why: string) =>
      complaints.error(source.at(path), {
        code: 'input/wrong-value',
        message: `Input ${name}: ${why}.`,
        mend: `Change the default: it has to be of type ${typeText(type)}, within its limits.`,
      });
    if (text !== undefined && isTemplate(text)) {
      const view = { scope: above, perHost: false, conditions: [] };
      const read = expressions.template({ source, path }, text, view);
      if (read !== undefined && !fits(read.type, type)) wrong(`this is ${describe(read.type)}`);
      else if (read !== undefined)
        computed[name] = { cel: celOfTemplate(read.template), at: source.at(path) };
    } else if (text !== undefined && type.kind !== 'host' && type.kind !== 'hosts') {
      const value = convert(type, text);
      const why = value.ok ? limitProblem(input, value.value) : value.message.replace(/\.$/, '');
      if (why !== undefined) wrong(why);
    }
    const known = scope.names.get(name);
    if (known !== undefined) above.names.set(name, known);
  }
  return computed;
}

/** Every host has these unless the inventory says otherwise; a later one may use an earlier one by `host.NAME`. */
function readHostVars(unit: UnitContext): {
  readonly hostVars: Unit['hostVars'];
  readonly host: CheckType;
} {
  const open = unit.inventory === undefined;
  const vars: { [name: string]: CheckType } = {};
  const refused = Object.fromEntries(
    [...(unit.inventory?.origin.unread ?? [])].map(([name, { file, line, message, mend }]) => [
      name,
      { message: `${file}:${line}: ${message}`, mend },
    ]),
  );
  for (const host of unit.inventory?.hosts ?? []) for (const name of Object.keys(host.vars)) vars[name] = DYN;
  const hostVars: [string, Template][] = [];
  for (const { name, text, source, path } of unit.runbook.hostVars) {
    const view: Viewpoint = { scope: new Scope(hostOf(vars, open, refused)), perHost: true, conditions: [] };
    const read = unit.expressions.template({ source, path }, text, view);
    if (read !== undefined) hostVars.push([name, read.template]);
    // The inventory may say it too, and then of any type.
    vars[name] = vars[name] ?? read?.type ?? DYN;
  }
  return { hostVars, host: hostOf(vars, open, refused) };
}

function readUnitEnv(
  unit: UnitContext,
  entries: readonly Declared[],
  scope: Scope,
): { readonly [name: string]: Template } {
  const view: Viewpoint = { scope, perHost: true, conditions: [], secrets: 'in text' };
  return Object.fromEntries(
    entries.flatMap(({ name, text, source, path }): [string, Template][] => {
      const read = unit.expressions.template({ source, path }, text, view);
      return read === undefined ? [] : [[name, read.template]];
    }),
  );
}

function readLocks(unit: UnitContext, scope: Scope): readonly string[] {
  const { source, complaints, expressions } = unit;
  return (unit.runbook.form.locks ?? []).filter((lock, i) => {
    if (expressions.everywhere.has(lock)) expressions.used.add(lock);
    const known = scope.names.get(lock);
    if (known === undefined && !expressions.everywhere.has(lock) && /^[A-Za-z0-9_.:/-]{1,100}$/.test(lock))
      return true;
    if (known?.kind === 'value' && (known.type.kind === 'host' || known.type.kind === 'list')) return true;
    complaints.error(source.at(['locks', i]), {
      code: 'locks/name',
      message: `${lock} can't be locked: it is neither a host or hosts input nor a free name.`,
      mend: 'Locks are taken before the run: name inputs, or a name of letters, digits, - _ . : and /.',
    });
    return false;
  });
}

function readOutputs(
  unit: UnitContext,
  scope: Scope,
): { readonly outputs: { readonly [name: string]: Expr }; readonly fields: CheckFields } {
  const outputs: { [name: string]: Expr } = {};
  const fields: { [name: string]: CheckType } = {};
  for (const [name, text] of Object.entries(unit.runbook.form.outputs ?? {})) {
    const read = unit.expressions.bare({ source: unit.source, path: ['outputs', name] }, text, {
      scope,
      perHost: false,
      conditions: [],
    });
    fields[name] = read?.type ?? DYN;
    if (read !== undefined) outputs[name] = read.expr;
  }
  return { outputs, fields };
}
