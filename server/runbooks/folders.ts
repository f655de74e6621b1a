import { compile } from '../../language/compile.ts';
import { catalogue, type Description, describe } from '../../language/describe.ts';
import { folderLibrary } from '../../language/load/library.ts';
import type { RunbookDetail, RunbookSummary } from '../api/runbooks.ts';
import type { Compiled, RunbookLibrary } from './library.ts';

/** Runbooks in folders. Nothing is kept between requests: an edit counts from the next one on. */
export function folderRunbooks(folders: readonly string[]): RunbookLibrary {
  return {
    list: async () => catalogue(folderLibrary(folders)).map(summaryOf),
    async detail(name) {
      const library = folderLibrary(folders);
      // Only names of the library: a caller can't read other files by their path.
      const description = library.names().includes(name) ? describe(library, name) : undefined;
      return description && detailOf(description);
    },
    async compile(request): Promise<Compiled> {
      const result = compile({ ...request, library: folderLibrary(folders) });
      if (!result.ok) return result;
      const warnings = result.warnings.map(({ file, line, message }) => `${file}:${line}: ${message}`);
      return { ok: true, compiled: result.compiled, warnings };
    },
  };
}

function summaryOf({ name, summary, file, complaints }: Description): RunbookSummary {
  const errors = complaints.filter((complaint) => complaint.severity === 'error').length;
  return { name, summary, file, complaints: errors };
}

function detailOf(description: Description): RunbookDetail {
  const { inputs, steps, complaints, ...rest } = description;
  return { ...rest, inputs: [...inputs], steps: [...steps], complaints: [...complaints] };
}
