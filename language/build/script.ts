import type { Script } from '../../plan/plan.ts';
import type { Path } from '../yaml/source.ts';
import { warnOfHiddenStatus } from './shell-traps.ts';
import { scriptOf, type UnitContext } from './unit-context.ts';

/**
 * A script as it will run. Values reach it by its environment only: text put into a script is code. What only may be wrong
 * is said when validating (without an inventory), not at each run.
 */
export function readScript(unit: UnitContext, path: Path, text: string, shell?: string): Script | undefined {
  const { source, complaints } = unit;
  let clean = true;
  for (const match of text.matchAll(/\$\{\{([^}]*)\}?\}?/g)) {
    const inside = (match[1] ?? '').trim();
    complaints.error(source.within(path, match.index), {
      code: 'run/expression',
      message: `A script takes no \${{ }}: what it gives would be read as code.`,
      mend: `Put it in env (NAME: \${{ ${inside === '' ? '…' : inside} }}) and write "$NAME" in the script.`,
    });
    clean = false;
  }
  if (text.includes('\0') || text.includes('\r')) {
    complaints.error(source.at(path), {
      code: 'run/characters',
      message: 'The script has a NUL or carriage return in it, which a shell does not take.',
      mend: 'Save the file with Unix line ends.',
    });
    clean = false;
  }
  if (clean && unit.inventory === undefined) warnOfHiddenStatus(unit, path, text);
  if (clean)
    unit.scripts.push({
      text,
      shell: shell ?? 'sh',
      at: (line, column) => source.within(path, offsetOf(text, line, column)),
    });
  return clean ? scriptOf(unit, text, shell) : undefined;
}

/** What is missing at the end of a text is said of the line behind it: its last one is meant. */
function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  const offset = before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
  return Math.min(text.trimEnd().length, offset);
}
