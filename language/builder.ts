import type { Inventory } from '../inventory/inventory.ts';
import type { Complaints } from '../plan/complaints.ts';
import type { Digest } from '../plan/ids.ts';
import type { Expr, HostSet, PinnedFile, Unit } from '../plan/plan.ts';
import { type BuiltUnit, buildUnit } from './build/unit.ts';
import type { UnitFace } from './build/unit-context.ts';
import type { Library } from './load/library.ts';
import { type LoadedRunbook, Loader } from './load/loader.ts';
import type { SeenScript } from './shell/script.ts';
import type { Path } from './yaml/source.ts';

/** Builds a runbook and, each once, those that it uses. */
export class Builder {
  readonly blobs = new Map<Digest, string>();
  readonly files = new Map<Digest, PinnedFile>();
  /** The host sets that passed expressions were made from: more exact than their text. */
  readonly sets = new Map<Expr, HostSet>();
  /** Every script, and every shell file that one includes. */
  readonly scripts: SeenScript[] = [];
  readonly #loader: Loader;
  readonly #inventory: Inventory | undefined;
  readonly #complaints: Complaints;
  readonly #built = new Map<string, BuiltUnit>();
  readonly #building: string[] = [];

  constructor(library: Library, inventory: Inventory | undefined, complaints: Complaints) {
    this.#loader = new Loader(library, complaints);
    this.#inventory = inventory;
    this.#complaints = complaints;
  }

  get digests(): ReadonlyMap<string, Digest> {
    return this.#loader.digests;
  }

  /** The runbook that a person named. */
  main(name: string): BuiltUnit | undefined {
    const runbook = this.#loader.runbook(name);
    return runbook === undefined ? undefined : this.#build(runbook);
  }

  /** The file of a name, if it is there. */
  locate(name: string): string | undefined {
    return this.#loader.library.locate(name);
  }

  /** A file that is only included. */
  fragment(file: string): void {
    this.#loader.fragment(file);
  }

  /** Every unit that was built. Requirements of those that are used are their first step. */
  units(): ReadonlyMap<string, Unit> {
    return new Map([...this.#built].map(([name, { unit }]) => [name, unit]));
  }

  /** What each unit says in `locks`. */
  locks(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#built].map(([name, { locks }]) => [name, locks]));
  }

  #use(name: string, path: Path, from: LoadedRunbook): UnitFace | undefined {
    const at = from.source.at(path);
    const runbook = this.#loader.runbook(name, at);
    if (runbook === undefined) return undefined;
    if (runbook.name !== name) {
      this.#complaints.error(at, {
        code: 'use/name',
        message: `The runbook in ${runbook.source.file} calls itself ${runbook.name}, not ${name}.`,
        mend: 'Let the file and its name be alike.',
      });
      return undefined;
    }
    if (this.#building.includes(runbook.name)) {
      const circle = [...this.#building.slice(this.#building.indexOf(runbook.name)), runbook.name];
      this.#complaints.error(at, {
        code: 'use/cycle',
        message: `The runbooks use each other: ${circle.join(' → ')}.`,
        mend: 'Take one of the uses away.',
      });
      return undefined;
    }
    const built = this.#build(runbook);
    this.#built.set(runbook.name, withRequirements(built));
    return built.face;
  }

  #build(runbook: LoadedRunbook): BuiltUnit {
    const known = this.#built.get(runbook.name);
    if (known !== undefined) return known;
    this.#building.push(runbook.name);
    const built = buildUnit(runbook, {
      complaints: this.#complaints,
      inventory: this.#inventory,
      blobs: this.blobs,
      files: this.files,
      library: this.#loader.library,
      scripts: this.scripts,
      sets: this.sets,
      use: (name, path, from) => this.#use(name, path, from),
    });
    for (const { file, text } of runbook.shells)
      this.scripts.push({ text, shell: 'sh', at: (line, column) => ({ file, line, column }) });
    this.#building.pop();
    this.#built.set(runbook.name, built);
    return built;
  }
}

function withRequirements(built: BuiltUnit): BuiltUnit {
  const requires = [...built.passed, ...built.requires];
  const [first] = requires;
  if (first === undefined) return built;
  const check = requires.map((each) => each.check);
  const step = { kind: 'check', id: 'requires', at: first.at, check, onFailure: 'hold' } as const;
  return { ...built, requires: [], passed: [], unit: { ...built.unit, steps: [step, ...built.unit.steps] } };
}
