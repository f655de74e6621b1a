import { type Complaint, Complaints } from '../plan/complaints.ts';
import { typeText } from '../plan/expressions/type-text.ts';
import type { Json } from '../plan/json.ts';
import { readInputs } from './build/inputs.ts';
import type { Library } from './load/library.ts';
import { type LoadedRunbook, Loader } from './load/loader.ts';
import { validate } from './validate.ts';
import type { Tree } from './yaml/source.ts';

/** What a catalogue says of a runbook. */
export type Description = {
  readonly name: string;
  readonly summary: string;
  readonly file: string;
  readonly docs?: string;
  readonly inputs: readonly {
    readonly name: string;
    /** As a runbook writes it: `hosts`, `choice(grow, snapshot)`. */
    readonly type: string;
    /** It has no default. */
    readonly required: boolean;
    readonly default?: Json;
    readonly help?: string;
  }[];
  readonly steps: readonly { readonly id: string; readonly kind: string; readonly title?: string }[];
  readonly source: string;
  /** Of this file. */
  readonly complaints: readonly Complaint[];
};

/** One runbook; undefined where there is none of that name. What is broken is described as far as it can be read. */
export function describe(library: Library, name: string): Description | undefined {
  const file = library.locate(name);
  return file === undefined ? undefined : describeFile(library, name, file, validate(library, [name]));
}

/** Every runbook of the library, sorted by name. */
export function catalogue(library: Library): readonly Description[] {
  const complaints = validate(library);
  return library.names().flatMap((name) => {
    const file = library.locate(name);
    return file === undefined ? [] : [describeFile(library, name, file, complaints)];
  });
}

function describeFile(
  library: Library,
  name: string,
  file: string,
  complaints: readonly Complaint[],
): Description {
  const unheard = new Complaints();
  const runbook = new Loader(library, unheard).runbook(name);
  const docs = runbook?.form.docs;
  return {
    name: runbook?.name ?? name,
    summary: runbook?.form.summary ?? '',
    file,
    ...(docs === undefined ? {} : { docs }),
    inputs: runbook === undefined ? [] : inputsOf(runbook, unheard),
    steps: (runbook?.form.steps ?? []).map(stepOf),
    source: library.read(file) ?? '',
    complaints: complaints.filter((complaint) => complaint.file === file),
  };
}

function inputsOf(runbook: LoadedRunbook, unheard: Complaints): Description['inputs'] {
  return [...readInputs(runbook.source, runbook.form.inputs, unheard).values()].map(
    ({ name, type, default: value, help }) => ({
      name,
      type: typeText(type),
      required: value === undefined,
      ...(value === undefined ? {} : { default: value satisfies Json }),
      ...(help === undefined ? {} : { help }),
    }),
  );
}

const KINDS = ['run', 'http', 'set', 'choose', 'approve', 'use', 'steps', 'copy', 'manual', 'wait', 'check'];

function stepOf(tree: Tree, i: number): Description['steps'][number] {
  const keys: { readonly [key: string]: Tree | undefined } =
    typeof tree === 'object' && tree !== null && !Array.isArray(tree)
      ? (tree as { readonly [key: string]: Tree })
      : {};
  const { id, title } = keys;
  const kind = KINDS.find((key) => keys[key] !== undefined) ?? 'unknown';
  return {
    id: typeof id === 'string' ? id : `step_${i + 1}`,
    kind: kind === 'steps' ? 'group' : kind === 'choose' ? 'set' : kind,
    ...(typeof title === 'string' ? { title } : {}),
  };
}
