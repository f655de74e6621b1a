import { type Complaint, Complaints } from '../plan/complaints.ts';
import { Builder } from './builder.ts';
import type { Library } from './load/library.ts';
import { walkPlan } from './plan/walk.ts';
import type { SeenScript } from './shell/script.ts';

export type Examined = {
  readonly complaints: readonly Complaint[];
  /** What a shell can look at beside: see `shell/check-scripts.ts`. */
  readonly scripts: readonly SeenScript[];
};

/**
 * Looks at runbooks (names or paths; left out: the whole library) and all that they use, without inventory or inputs: groups and
 * hosts that a pattern names can't be judged then. Everything at once, sorted by place; each file is read once.
 */
export function examine(library: Library, runbooks: readonly string[] = library.names()): Examined {
  const complaints = new Complaints();
  const builder = new Builder(library, undefined, complaints);
  const named = new Set(library.names());
  for (const name of runbooks) validateOne(builder, library, name, named.has(name), complaints);
  return { complaints: complaints.sorted(), scripts: builder.scripts };
}

/** The same, and what is wrong only: no program is started. */
export function validate(library: Library, runbooks?: readonly string[]): readonly Complaint[] {
  return examine(library, runbooks).complaints;
}

function validateOne(
  builder: Builder,
  library: Library,
  name: string,
  inLibrary: boolean,
  complaints: Complaints,
): void {
  const file = library.locate(name);
  const text = file === undefined ? undefined : library.read(file);
  if (file !== undefined && text !== undefined && isFragment(text)) {
    builder.fragment(file);
    return;
  }
  const main = builder.main(name);
  if (main === undefined) return;
  // A folder inside of a library may be given as one: then its own name is missing.
  if (inLibrary && main.unit.name !== name && !main.unit.name.endsWith(`/${name}`))
    complaints.error(main.runbook.source.at(['name']), {
      code: 'runbook/name',
      message: `This file is found as ${name}, and calls itself ${main.unit.name}.`,
      mend: `Write name: ${name}, or move the file.`,
    });
  walkPlan(
    {
      main: main.unit,
      units: builder.units(),
      inputs: new Map(),
      order: [],
      sets: builder.sets,
      locks: builder.locks(),
      whole: false,
    },
    complaints,
  );
}

/** What only others include has neither steps nor a version of the language. */
function isFragment(text: string): boolean {
  return !/^(holdfast|steps|name)\s*:/m.test(text) && /^(include|env|host_vars)\s*:/m.test(text);
}
