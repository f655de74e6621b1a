import { type Inventory, makeInventory } from '../inventory/inventory.ts';
import { type Complaint, Complaints } from '../plan/complaints.ts';
import { planDigest } from '../plan/digest.ts';
import { encode } from '../plan/expressions/encoding.ts';
import { evaluate } from '../plan/expressions/evaluate.ts';
import { toText } from '../plan/expressions/text.ts';
import { HostValue, isList, type Value } from '../plan/expressions/values.ts';
import type { HostName } from '../plan/ids.ts';
import type { Json } from '../plan/json.ts';
import type { CompiledPlan, Plan, Unit } from '../plan/plan.ts';
import { LARGEST_PLAN } from './build/limits.ts';
import type { BuiltUnit } from './build/unit.ts';
import { Builder } from './builder.ts';
import type { Library } from './load/library.ts';
import { hostFinder } from './plan/host-values.ts';
import { type GivenInputs, inputValues } from './plan/input-values.ts';
import type { Reach } from './plan/reach.ts';
import { walkPlan } from './plan/walk.ts';

export type CompileRequest = {
  /** A name in the library, or a path where the library allows files outside of it. */
  readonly runbook: string;
  readonly library: Library;
  readonly inventory: Inventory;
  /** Texts as a command line gives them, or JSON. */
  readonly inputs: GivenInputs;
  /** What a step's `on_failure: hold` shall mean. */
  readonly onFailure: 'hold' | 'fail';
  /** Only these hosts of the inventory take part, whatever the runbook names. */
  readonly limit?: string;
};

export type CompileResult =
  | { readonly ok: true; readonly compiled: CompiledPlan; readonly warnings: readonly Complaint[] }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/**
 * Compiles a runbook for an inventory and inputs to a plan: every host, script and included file pinned, every name and
 * type checked. Whatever is wrong is said at once, sorted by place. Never throws for what stands in a file.
 */
export function compile(request: CompileRequest): CompileResult {
  const complaints = new Complaints();
  const compiled = tryCompile(request, complaints);
  if (compiled === undefined || complaints.failed) return { ok: false, complaints: complaints.sorted() };
  return { ok: true, compiled, warnings: complaints.sorted() };
}

function tryCompile(request: CompileRequest, complaints: Complaints): CompiledPlan | undefined {
  const inventory = limited(request, complaints);
  if (inventory === undefined) return undefined;
  const builder = new Builder(request.library, inventory, complaints);
  const main = builder.main(request.runbook);
  if (main === undefined) return undefined;
  const findHost = hostFinder(inventory.hosts, main.unit.hostVars);
  const { source } = main.runbook;
  const values = inputValues(
    { declared: main.face.inputs, given: request.inputs, inventory, findHost, source },
    complaints,
  );
  if (complaints.failed) return undefined;
  const late = checkRequirements(main, values, complaints);
  const units = builder.units();
  const order = inventory.hosts.map((host) => host.name);
  const reaches = new Map([...values].flatMap(([name, value]) => reachOfValue(name, value)));
  const footprint = walkPlan(
    {
      main: main.unit,
      units,
      inputs: reaches,
      order,
      sets: builder.sets,
      locks: builder.locks(),
      whole: true,
    },
    complaints,
  );
  if (complaints.failed) return undefined;
  const hosts = inventory.hosts.filter((host) => footprint.hosts.has(host.name));
  const changed = footprint.changesAnything ? hosts.map((host) => host.name) : footprint.changed;
  const plan: Plan = {
    format: 1,
    interpreter: 1,
    runbook: main.unit.name,
    summary: main.runbook.form.summary ?? '',
    sources: [...builder.digests]
      .map(([path, sha256]) => ({ path, sha256 }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    inputs: Object.fromEntries([...values].map(([name, value]): [string, Json] => [name, encode(value)])),
    hosts,
    locks: lockNames(changed, footprint.freeLocks),
    onFailure: request.onFailure,
    main: main.unit.name,
    units: Object.fromEntries(
      [...units].map(([name, unit]) => [name, name === main.unit.name ? withSteps(unit, late) : unit]),
    ),
  };
  return seal(plan, builder, main, complaints);
}

function limited(request: CompileRequest, complaints: Complaints): Inventory | undefined {
  const { inventory, limit, runbook } = request;
  if (limit === undefined) return inventory;
  const selected = inventory.select(limit);
  if (!selected.ok) {
    complaints.error(
      { file: runbook, line: 1, column: 1 },
      { code: 'limit/pattern', message: `The limit ${limit}: ${selected.message}`, mend: selected.mend },
    );
    return undefined;
  }
  const kept = new Set(selected.hosts);
  const groups = new Map(
    [...inventory.groups].map(([name, hosts]) => [name, hosts.filter((host) => kept.has(host))]),
  );
  return makeInventory(
    inventory.hosts.filter((host) => kept.has(host.name)),
    groups,
    inventory.origin,
  );
}

/** Complains of the requirements that do not hold. Those that need what only a host can tell are answered, for the run. */
function checkRequirements(
  main: BuiltUnit,
  values: ReadonlyMap<string, Value>,
  complaints: Complaints,
): BuiltUnit['requires'] {
  const scope = (name: string) => values.get(name);
  return main.requires.filter(({ check, at }) => {
    const held = evaluate(check.holds.cel, scope);
    if (!held.ok) return true;
    if (held.value === true) return false;
    const figures = check.figures.flatMap((figure) => {
      const value = evaluate(figure, scope);
      return value.ok ? [`${figure} = ${shown(value.value)}`] : [];
    });
    complaints.error(at, {
      code: 'requires/not-met',
      message: `Not met: ${check.words}${figures.length === 0 ? '' : ` (${figures.join(', ')})`}.`,
      mend: 'Give other inputs.',
    });
    return false;
  });
}

function shown(value: Value): string {
  if (isList(value) && value.every((item) => item instanceof HostValue))
    return value.length === 0
      ? 'none'
      : value.map((item) => (item instanceof HostValue ? item.name : '')).join(', ');
  return value instanceof HostValue ? value.name : toText(value);
}

function withSteps(unit: Unit, late: BuiltUnit['requires']): Unit {
  const [first] = late;
  if (first === undefined) return unit;
  const check = {
    kind: 'check',
    id: 'requires',
    at: first.at,
    check: late.map((each) => each.check),
    onFailure: 'hold',
  } as const;
  return { ...unit, steps: [check, ...unit.steps] };
}

function reachOfValue(name: string, value: Value): readonly (readonly [string, Reach])[] {
  if (value instanceof HostValue) return [[name, { hosts: [value.name], exact: true, anything: false }]];
  if (!isList(value)) return [];
  const hosts = value.flatMap((item) => (item instanceof HostValue ? [item.name] : []));
  if (hosts.length !== value.length) return [];
  return [[name, { hosts, exact: true, anything: false }]];
}

function lockNames(changed: Iterable<HostName>, free: Iterable<string>): readonly string[] {
  return [...new Set([...[...changed].map((host) => `host/${host}`), ...free])].sort();
}

function seal(
  plan: Plan,
  { blobs, files }: Builder,
  main: BuiltUnit,
  complaints: Complaints,
): CompiledPlan | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(plan));
  if (bytes > LARGEST_PLAN) {
    complaints.error(main.runbook.source.at([]), {
      code: 'plan/too-large',
      message: `The plan has ${bytes} bytes, and ${LARGEST_PLAN} can be sent.`,
      mend: 'Take fewer hosts at a time (limit), or make two runbooks of it.',
    });
    return undefined;
  }
  const compiled = { plan, digest: planDigest(plan), blobs: Object.fromEntries(blobs) };
  return files.size === 0 ? compiled : { ...compiled, files: [...files.values()] };
}
