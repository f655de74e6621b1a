import type { Inventory } from '../../inventory/inventory.ts';
import type { Complaints } from '../../plan/complaints.ts';
import { textDigest } from '../../plan/digest.ts';
import type { CheckFields } from '../../plan/expressions/check-types.ts';
import type { Digest } from '../../plan/ids.ts';
import type { Become, Expr, HostSet, PinnedFile, Script, Template } from '../../plan/plan.ts';
import type { ExpressionReader } from '../check/expressions.ts';
import type { Scope, Viewpoint } from '../check/scope.ts';
import type { Library } from '../load/library.ts';
import type { LoadedRunbook } from '../load/loader.ts';
import type { SeenScript } from '../shell/script.ts';
import type { Path, Source } from '../yaml/source.ts';
import type { DeclaredInput } from './inputs.ts';

/** What other runbooks need to know of one that they use. */
export type UnitFace = {
  readonly name: string;
  readonly inputs: ReadonlyMap<string, DeclaredInput>;
  readonly outputs: CheckFields;
};

/** What all steps of one runbook have in common while it is built. */
export type UnitContext = {
  readonly runbook: LoadedRunbook;
  readonly source: Source;
  readonly complaints: Complaints;
  readonly expressions: ExpressionReader;
  /** Left out: host patterns can't be judged. */
  readonly inventory: Inventory | undefined;
  readonly inputs: ReadonlyMap<string, DeclaredInput>;
  /** The texts that the plan names by digest. */
  readonly blobs: Map<Digest, string>;
  /** The files that copies name by digest. */
  readonly files: Map<Digest, PinnedFile>;
  readonly library: Library;
  /** Every script that was read, for the shell to look at. */
  readonly scripts: SeenScript[];
  /** The host sets that passed expressions were made from. */
  readonly sets: Map<Expr, HostSet>;
  readonly use: (name: string, path: Path) => UnitFace | undefined;
  readonly nextId: () => string;
};

/** What is true of the place where a step stands. */
export type StepPlace = {
  readonly path: Path;
  readonly scope: Scope;
  /** Inherited. */
  readonly on?: Hosts;
  readonly env: { readonly [name: string]: Template };
  /** Inherited. */
  readonly become?: Become;
  /** The `when`s around it. */
  readonly conditions: readonly string[];
};

/** A set of hosts, and whether it can only be one host. */
export type Hosts = { readonly set: HostSet; readonly single: boolean };

export function viewFrom(place: StepPlace, perHost: boolean, more: Partial<Viewpoint> = {}): Viewpoint {
  return { scope: place.scope, perHost, conditions: place.conditions, ...more };
}

export function scriptOf(unit: UnitContext, text: string, shell = 'sh -eu'): Script {
  const digest = textDigest(text);
  unit.blobs.set(digest, text);
  for (const file of unit.runbook.shells) unit.blobs.set(file.sha256, file.text);
  return { sha256: digest, shell, includes: unit.runbook.shells.map((file) => file.sha256) };
}
