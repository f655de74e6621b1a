import type { CopiedFile, CopySource } from '../../plan/plan.ts';
import type { Path } from '../yaml/source.ts';
import type { UnitContext } from './unit-context.ts';

/** A folder of more files than this is hardly meant, and would make a plan that nobody can read. */
const MOST_FILES = 2_000;

/** A file or folder beside the runbook, each file by its digest. */
export function pinFiles(unit: UnitContext, path: Path, named: string): CopySource | undefined {
  const { source, complaints, library, files } = unit;
  const at = source.at(path);
  const refuse = (code: string, message: string, mend: string) => {
    complaints.error(at, { code, message, mend });
    return undefined;
  };
  if (named.includes(`\${{`))
    return refuse(
      'copy/expression',
      'What is copied is pinned in the plan, so that its name can have no expression.',
      'Write the name out, or take it from a host: from: { host: …, path: … }.',
    );
  const found = library.files(source.file, named);
  if (found === undefined)
    return refuse(
      'copy/not-found',
      `There is no file or folder ${named} to copy.`,
      `It is looked for beside ${source.file}, then in the library's folders.`,
    );
  if (found.link !== undefined)
    return refuse(
      'copy/link',
      `${found.link} is a link or a special file, which is not copied.`,
      'Put the file itself there.',
    );
  if (found.files.length === 0 || found.files.length > MOST_FILES)
    return refuse(
      'copy/size',
      `${named} has ${found.files.length} files; from 1 to ${MOST_FILES} are copied.`,
      'Pack them to an archive, and unpack it in a run step.',
    );
  // Without an inventory nobody will keep the plan: what stands in the files does not matter.
  if (unit.inventory === undefined) return { kind: found.kind === 'file' ? 'folder' : found.kind, files: [] };
  const copied = found.files.map(({ path: name, read, executable }): CopiedFile => {
    const { sha256, bytes, place } = read();
    files.set(sha256, { sha256, bytes, path: place });
    return { path: name, sha256, bytes, executable };
  });
  const [only] = copied;
  return found.kind === 'file' && only !== undefined
    ? { kind: 'file', file: { ...only, path: named } }
    : { kind: 'folder', files: copied };
}
