import type { ShellFile } from '../load/loader.ts';
import type { Path } from '../yaml/source.ts';
import type { UnitContext } from './unit-context.ts';

/**
 * Warns where `sh -e` does not do what it seems to: it is off inside a function that stands in a condition, and a pipe or
 * `$( )` in a word takes the status of something else.
 */
export function warnOfHiddenStatus(unit: UnitContext, path: Path, text: string): void {
  const names = includedFunctions(unit);
  if (names.size === 0) return;
  const { source, complaints } = unit;
  const code = withoutTexts(text);
  for (const match of code.matchAll(/[A-Za-z_][A-Za-z0-9_]*/g)) {
    const name = match[0];
    if (!names.has(name)) continue;
    const before = code.slice(0, match.index);
    const place = placeOf(before, code.slice(match.index + name.length));
    if (place === undefined) continue;
    const at = source.within(path, match.index);
    if (place === 'condition')
      complaints.warning(at, {
        code: 'run/function-in-condition',
        message: `${name} stands in a condition: sh -e is off inside of it, so that a command in it may fail unnoticed.`,
        mend: `Call ${name} on a line of its own, or let every command in it end with || return.`,
      });
    else
      complaints.warning(at, {
        code: 'run/status-hidden',
        message: `The status of ${name} is lost here: ${place === 'pipe' ? 'a pipe has the status of its last command' : '$( ) inside a word has none'}.`,
        mend: place === 'pipe' ? `Write its output to a file first.` : `Assign it first: x=$(${name} …).`,
      });
  }
}

const functions = new WeakMap<object, ReadonlySet<string>>();

function includedFunctions(unit: UnitContext): ReadonlySet<string> {
  const known = functions.get(unit.runbook);
  if (known !== undefined) return known;
  const names = new Set(unit.runbook.shells.flatMap((shell) => [...functionsOf(shell)]));
  functions.set(unit.runbook, names);
  return names;
}

/** Many runbooks include the same file. */
function functionsOf(shell: ShellFile): ReadonlySet<string> {
  const known = functions.get(shell);
  if (known !== undefined) return known;
  const found = shell.text.matchAll(/^[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*\(\)/gm);
  const names = new Set([...found].map((match) => match[1] ?? ''));
  functions.set(shell, names);
  return names;
}

/** Where a command stands whose name begins behind `before`, if that hides its status. */
function placeOf(before: string, after: string): 'condition' | 'pipe' | 'substitution' | undefined {
  const starts = /(?:^|[;&|(\n]|\b(?:then|do|else|if|elif|while|until)|!)[ \t]*$/.exec(before);
  if (starts === null) return undefined;
  if (/(?:\b(?:if|elif|while|until)|!)[ \t]*$/.test(before)) return 'condition';
  if (
    /(?<![\w-]=|^\s*\w+=)"?\$\([ \t]*$/m.test(before) &&
    !/(?:^|[;&|\n])[ \t]*\w+="?\$\([ \t]*$/.test(before)
  )
    return 'substitution';
  const rest = /^[^\n;|&)]*(&&|\|\||\|)?/.exec(after)?.[1];
  if (rest === '|') return 'pipe';
  return rest === undefined ? undefined : 'condition';
}

/** The same text with comments and what stands in single quotes blanked, so that places stay. */
function withoutTexts(text: string): string {
  return text.replace(/'[^']*'|(?<=^|[\s;])#[^\n]*/g, (match) => match.replace(/[^\n]/g, ' '));
}
