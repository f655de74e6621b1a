import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { type Finding, readShellcheck, readShellErrors } from './findings.ts';

/** One shell for all files: a process of Node's own for each would take longer than the shells do. */
const DRIVER =
  'p=$1; shift; command -v "$p" >/dev/null || exit 0; for f; do "$p" -n "$f" 2>"$f.err" </dev/null || :; done';

/** Not of a script that is a part of something: no first line, variables that come from elsewhere or go there, files that it sources; nor what sh -e sees to. */
const LEFT_OUT = 'SC1090,SC1091,SC2034,SC2148,SC2153,SC2154,SC2164';

export type Text = { readonly key: string; readonly program: string; readonly text: string };

/**
 * Asks the shells with `-n`, and shellcheck where a program is named, what is wrong with texts; none is run. A program
 * that is not there has nothing to say. What is found, by the texts' keys.
 */
export async function askPrograms(
  texts: readonly Text[],
  shellcheck: string | undefined,
): Promise<ReadonlyMap<string, readonly Finding[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sh-'));
  try {
    const files = texts.map((text, i) => ({ ...text, file: join(folder, String(i)) }));
    await Promise.all(files.map(({ file, text }) => writeFile(file, text)));
    const programs = [...new Set(texts.map(({ program }) => program))];
    const linted =
      shellcheck === undefined
        ? undefined
        : lint(
            shellcheck,
            files.map(({ file }) => file),
          );
    await Promise.all(
      programs.flatMap((program) =>
        halves(files.filter((each) => each.program === program)).map((half) =>
          run('sh', ['-c', DRIVER, 'sh', program, ...half.map(({ file }) => file)]),
        ),
      ),
    );
    const comments = readShellcheck((await linted) ?? '');
    const found = files.map(async ({ key, file }) => {
      const said = readShellErrors(await readFile(`${file}.err`, 'utf8').catch(() => ''));
      // What shellcheck says of a text that is no script is about the same place.
      return [
        key,
        said.length > 0 ? said : (comments.get(file) ?? comments.get(basename(file)) ?? []),
      ] as const;
    });
    return new Map(await Promise.all(found));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Which file a program's name or path means at this moment, and which make of it: what was found by another one, or where there was
 * none, is not its word. Undefined where there is none.
 */
export function whichProgram(name: string, path: string): string | undefined {
  for (const folder of name.includes('/') ? [''] : path.split(delimiter)) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (found?.isFile()) return `${join(folder, name)} ${found.size} ${found.mtimeMs}`;
  }
  return undefined;
}

/** dash is sh with `local`, which every sh in use has. */
function lint(shellcheck: string, files: readonly string[]): Promise<string> {
  return run(shellcheck, ['-f', 'json1', '-s', 'dash', '-S', 'info', '-e', LEFT_OUT, ...files]);
}

/** What it wrote on standard output, however it ended. */
function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 1 << 26, timeout: 60_000 }, (_, out) => resolve(out));
  });
}

function halves<T>(all: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)].filter((half) => half.length > 0);
}
