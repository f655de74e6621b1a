import { Builder } from '../../language/builder.ts';
import { compile } from '../../language/compile.ts';
import { folderLibrary, type Library } from '../../language/load/library.ts';
import { readYaml } from '../../language/yaml/read.ts';
import { Complaints } from '../../plan/complaints.ts';
import type { Compiled, RunbookLibrary } from './library.ts';
import { type Examined, runbookDetail, runbookSummary } from './present.ts';

/** Runbooks in folders. Nothing is kept between requests: an edit counts from the next one on. */
export function folderRunbooks(folders: readonly string[]): RunbookLibrary {
  return {
    async list() {
      const library = folderLibrary(folders);
      return library.names().flatMap((name) => {
        const examined = examine(library, name);
        return examined ? [runbookSummary(examined)] : [];
      });
    },
    async detail(name) {
      const library = folderLibrary(folders);
      // Only names of the library: a caller can't read other files by their path.
      const examined = library.names().includes(name) ? examine(library, name) : undefined;
      return examined && runbookDetail(examined);
    },
    async compile(request): Promise<Compiled> {
      const library = folderLibrary(folders);
      const result = compile({ ...request, library });
      if (!result.ok) return { ok: false, complaints: result.complaints };
      const warnings = result.warnings.map(({ file, line, message }) => `${file}:${line}: ${message}`);
      return { ok: true, compiled: result.compiled, warnings };
    },
  };
}

/** Undefined for a file that only others include. */
function examine(library: Library, name: string): Examined | undefined {
  const file = library.locate(name);
  const text = file === undefined ? undefined : library.read(file);
  if (file === undefined || text === undefined) return undefined;
  const tree = readYaml(file, text, new Complaints())?.tree;
  const isFragment = typeof tree === 'object' && tree !== null && !('steps' in tree) && !('holdfast' in tree);
  if (isFragment) return undefined;
  const complaints = new Complaints();
  const built = new Builder(library, undefined, complaints).main(name);
  return { name, file, text, built, complaints: complaints.sorted() };
}
