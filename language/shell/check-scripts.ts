import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Complaint, Complaints } from '../../plan/complaints.ts';
import { textDigest } from '../../plan/digest.ts';
import type { Finding } from './findings.ts';
import { askPrograms, type Text, whichProgram } from './programs.ts';
import type { SeenScript } from './script.ts';

/** What reads a script and runs nothing with -n. */
const SHELLS: ReadonlySet<string> = new Set(['sh', 'dash', 'ash', 'bash', 'ksh', 'mksh']);

/** Of as many texts the findings are kept; then it begins anew. */
const MOST_KEPT = 5_000;

export type ShellTools = {
  /** A program's name or path; left out: it is not asked. */
  readonly shellcheck?: string;
  /** A file that keeps what was found, by digest: each text is asked about once. */
  readonly cache?: string;
};

type Kept = { readonly [key: string]: readonly Finding[] };

/**
 * What the shells of this machine say of scripts without running them, each distinct one once. A shell that is not here, or
 * not one of the usual ones, is not asked.
 */
export async function checkScripts(
  scripts: readonly SeenScript[],
  tools: ShellTools,
): Promise<readonly Complaint[]> {
  const linter = tools.shellcheck && whichProgram(tools.shellcheck, process.env.PATH ?? '');
  const asked = scripts.flatMap((script) => {
    const program = script.shell.split(/\s+/)[0] ?? '';
    const key = textDigest(`${program}\n${linter ?? ''}\n${script.text}`);
    return SHELLS.has(program) ? [{ ...script, program, key }] : [];
  });
  const kept = await readKept(tools.cache);
  const unknown = new Map<string, Text>(
    asked.filter(({ key }) => !Object.hasOwn(kept, key)).map((each) => [each.key, each]),
  );
  const shellcheck = linter === undefined ? undefined : tools.shellcheck;
  const found = unknown.size === 0 ? undefined : await askPrograms([...unknown.values()], shellcheck);
  const all = new Map([...Object.entries(kept), ...(found ?? [])]);
  if (found !== undefined && tools.cache !== undefined)
    await keep(tools.cache, all.size > MOST_KEPT ? found : all);
  const complaints = new Complaints();
  for (const { key, at } of asked)
    for (const finding of all.get(key) ?? []) complain(complaints, at, finding);
  return complaints.sorted();
}

function complain(complaints: Complaints, at: SeenScript['at'], finding: Finding): void {
  const { tool, line, column, message } = finding;
  if (tool === 'sh')
    complaints.error(at(line, column), {
      code: 'shell/syntax',
      message: `The shell can't read this: ${message}.`,
      mend: 'Look here and above for a quote, fi, done, esac or } that is missing or too much.',
    });
  else
    complaints.warning(at(line, column), {
      code: 'shell/lint',
      message: `shellcheck: ${message}`,
      mend: `Correct it, or write "# shellcheck disable=${message.split(':')[0]}" on the line above.`,
    });
}

async function readKept(cache: string | undefined): Promise<Kept> {
  if (cache === undefined) return {};
  try {
    const kept: unknown = JSON.parse(await readFile(cache, 'utf8'));
    return typeof kept === 'object' && kept !== null ? (kept as Kept) : {};
  } catch {
    return {};
  }
}

/** That nothing can be kept is no reason to complain of a runbook. */
async function keep(cache: string, kept: ReadonlyMap<string, readonly Finding[]>): Promise<void> {
  try {
    await mkdir(dirname(cache), { recursive: true });
    const beside = `${cache}.${process.pid}`;
    await writeFile(beside, JSON.stringify(Object.fromEntries(kept)));
    await rename(beside, cache);
  } catch {}
}
