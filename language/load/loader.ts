import type { Complaints } from '../../plan/complaints.ts';
import { textDigest } from '../../plan/digest.ts';
import { didYouMean, nearestName } from '../../plan/expressions/nearest-name.ts';
import type { Digest } from '../../plan/ids.ts';
import type { Position } from '../../plan/plan.ts';
import { readForm } from '../schema/read-form.ts';
import { fragmentSchema, type RunbookForm, runbookSchema } from '../schema/runbook.ts';
import { readYaml } from '../yaml/read.ts';
import type { Path, Source } from '../yaml/source.ts';
import type { Library } from './library.ts';

/** A name and its text, as a file says it. */
export type Declared = {
  readonly name: string;
  readonly text: string;
  readonly source: Source;
  readonly path: Path;
};

/** A runbook with everything that it includes. */
export type LoadedRunbook = {
  readonly name: string;
  readonly source: Source;
  readonly form: RunbookForm;
  /** In order; of two with the same name the later one counts. */
  readonly hostVars: readonly Declared[];
  readonly env: readonly Declared[];
  readonly secrets: readonly Declared[];
  /** Shell files whose functions the scripts may call, in order. */
  readonly shells: readonly ShellFile[];
};

export type ShellFile = { readonly file: string; readonly sha256: Digest; readonly text: string };

type Included = {
  readonly hostVars: readonly Declared[];
  readonly env: readonly Declared[];
  readonly secrets: readonly Declared[];
  readonly shells: readonly ShellFile[];
};

const NOTHING_INCLUDED = { hostVars: [], env: [], secrets: [], shells: [] } as const;

/** Reads runbooks and what they include, each file once, and keeps what a plan pins of them. */
export class Loader {
  readonly library: Library;
  /** Every file that was read, by id. */
  readonly digests = new Map<string, Digest>();
  readonly #complaints: Complaints;
  readonly #sources = new Map<string, Source | undefined>();
  readonly #runbooks = new Map<string, LoadedRunbook | undefined>();
  readonly #shells = new Map<string, readonly ShellFile[]>();

  constructor(library: Library, complaints: Complaints) {
    this.library = library;
    this.#complaints = complaints;
  }

  /** `asked` is where the name stands; left out: a person named it. */
  runbook(name: string, asked?: Position): LoadedRunbook | undefined {
    const file = this.library.locate(name);
    if (file === undefined) {
      const known = this.library.names();
      this.#complaints.error(asked ?? { file: name, line: 1, column: 1 }, {
        code: 'use/unknown-runbook',
        message: `There is no runbook ${name}.`,
        mend: didYouMean(name, known) ?? 'The library is empty: name its folder.',
        nearest: nearestName(name, known),
      });
      return undefined;
    }
    if (!this.#runbooks.has(file)) this.#runbooks.set(file, this.#load(file));
    return this.#runbooks.get(file);
  }

  /** A file that others include, looked at by itself. */
  fragment(file: string): void {
    const at = { file, line: 1, column: 1 };
    if (/\.ya?ml$/.test(file)) this.#fragment(file, at, []);
    else this.#shell(file, at);
  }

  #load(file: string): LoadedRunbook | undefined {
    const source = this.#source(file, { file, line: 1, column: 1 });
    if (source === undefined) return undefined;
    const missing = { holdfast: '1', name: 'unnamed' };
    const place = { source, path: [], area: 'runbook', known: Object.keys(runbookSchema.shape), missing };
    const form = readForm(runbookSchema, source.tree, place, this.#complaints);
    if (form === undefined) return undefined;
    const included = this.#included(source, form.include, [file]);
    return {
      name: form.name,
      source,
      form,
      hostVars: overridden([...included.hostVars, ...declared(source, 'host_vars', form.host_vars)]),
      env: overridden([...included.env, ...declared(source, 'env', form.env)]),
      secrets: overridden([...included.secrets, ...declared(source, 'secrets', form.secrets)]),
      shells: included.shells.filter(
        (shell, i) => included.shells.findIndex((other) => other.sha256 === shell.sha256) === i,
      ),
    };
  }

  #included(source: Source, includes: readonly string[] | undefined, above: readonly string[]): Included {
    const gathered = {
      hostVars: [] as Declared[],
      env: [] as Declared[],
      secrets: [] as Declared[],
      shells: [] as ShellFile[],
    };
    for (const [i, include] of (includes ?? []).entries()) {
      const path = source.scalar(['include']) === undefined ? ['include', i] : ['include'];
      const at = source.at(path);
      const file = this.library.resolve(source.file, include);
      if (file === undefined) {
        this.#complaints.error(at, {
          code: 'include/not-found',
          message: `There is no file ${include} to include.`,
          mend: `It is looked for beside ${source.file}, then in the library's folders.`,
        });
        continue;
      }
      if (above.includes(file)) {
        this.#complaints.error(at, {
          code: 'include/cycle',
          message: `The files include each other: ${[...above.slice(above.indexOf(file)), file].join(' → ')}.`,
          mend: 'Take one of the includes away.',
        });
        continue;
      }
      const more = /\.ya?ml$/.test(file)
        ? this.#fragment(file, at, above)
        : { ...NOTHING_INCLUDED, shells: this.#shell(file, at) };
      gathered.hostVars.push(...more.hostVars);
      gathered.env.push(...more.env);
      gathered.secrets.push(...more.secrets);
      gathered.shells.push(...more.shells);
    }
    return gathered;
  }

  #fragment(file: string, at: Position, above: readonly string[]): Included {
    const source = this.#source(file, at);
    if (source === undefined) return NOTHING_INCLUDED;
    const tree = source.tree;
    if (typeof tree === 'object' && tree !== null && ('steps' in tree || 'holdfast' in tree)) {
      this.#complaints.error(at, {
        code: 'include/runbook',
        message: `${file} is a runbook, which can't be included.`,
        mend: 'Make it a step: use: NAME.',
      });
      return NOTHING_INCLUDED;
    }
    const place = { source, path: [], area: 'fragment', known: Object.keys(fragmentSchema.shape) };
    const form = readForm(fragmentSchema, tree, place, this.#complaints);
    if (form === undefined) return NOTHING_INCLUDED;
    const inner = this.#included(source, form.include, [...above, file]);
    return {
      hostVars: [...inner.hostVars, ...declared(source, 'host_vars', form.host_vars)],
      env: [...inner.env, ...declared(source, 'env', form.env)],
      secrets: [...inner.secrets, ...declared(source, 'secrets', form.secrets)],
      shells: inner.shells,
    };
  }

  #shell(file: string, at: Position): readonly ShellFile[] {
    const known = this.#shells.get(file);
    if (known !== undefined) return known;
    const text = this.#read(file, at);
    if (text === undefined) return [];
    const shells = [{ file, text, sha256: this.digests.get(file) ?? textDigest(text) }];
    this.#shells.set(file, shells);
    return shells;
  }

  #source(file: string, at: Position): Source | undefined {
    if (!this.#sources.has(file)) {
      const text = this.#read(file, at);
      this.#sources.set(file, text === undefined ? undefined : readYaml(file, text, this.#complaints));
    }
    return this.#sources.get(file);
  }

  #read(file: string, at: Position): string | undefined {
    let text: string | undefined;
    try {
      text = this.library.read(file);
    } catch (thrown) {
      this.#complaints.error(at, {
        code: 'include/unreadable',
        message: `${file} can't be read: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
        mend: 'Look at its permissions.',
      });
      return undefined;
    }
    if (text !== undefined) this.digests.set(file, textDigest(text));
    return text;
  }
}

function declared(
  source: Source,
  key: string,
  values: { readonly [name: string]: string } | undefined,
): readonly Declared[] {
  return Object.entries(values ?? {}).map(([name, text]) => ({ name, text, source, path: [key, name] }));
}

/** Keeps the order of the first mention and the text of the last. */
function overridden(entries: readonly Declared[]): readonly Declared[] {
  const last = new Map(entries.map((each) => [each.name, each]));
  return [...last.values()];
}
