import type { Position } from '../../plan/plan.ts';

/** A line of an ssh config that says something. */
export type ConfigLine = {
  /** In small letters. */
  readonly keyword: string;
  readonly args: readonly string[];
  /** All behind the keyword as it stands there: what a command is made of. */
  readonly rest: string;
  readonly at: Position;
  /** The files of an `Include`, in the order they are read. */
  readonly included?: readonly (readonly ConfigLine[])[];
};

/** A line that OpenSSH would refuse too. */
export type BadLine = { readonly at: Position; readonly says: string };

/** The lines of one file, `Include` not followed. Empty lines and comments are left out. */
export function parseLines(
  file: string,
  text: string,
): { readonly lines: readonly ConfigLine[]; readonly bad: readonly BadLine[] } {
  const lines: ConfigLine[] = [];
  const bad: BadLine[] = [];
  for (const [i, whole] of text.split('\n').entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = { file, line: i + 1, column: whole.length - whole.trimStart().length + 1 };
    const found = /^"?([A-Za-z0-9]+)"?(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)$/.exec(line);
    const rest = found?.[2] ?? '';
    const args = splitArguments(rest);
    if (found?.[1] === undefined) bad.push({ at, says: 'It begins with no keyword' });
    else if (args === undefined) bad.push({ at, says: 'A quote is not closed' });
    else lines.push({ keyword: found[1].toLowerCase(), args, rest, at });
  }
  return { lines, bad };
}

/** Words as OpenSSH splits them: quotes of both kinds, a backslash before a quote, up to a comment. */
export function splitArguments(text: string): readonly string[] | undefined {
  const args: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    const next = text[i + 1] ?? '';
    if (char === '\\' && (/['"\\]/.test(next) || (quote === '' && next === ' '))) {
      word = (word ?? '') + next;
      i += 1;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === ' ' || char === '\t') {
      if (word !== undefined) args.push(word);
      word = undefined;
    } else if (char === '#' && word === undefined) break;
    else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else word = (word ?? '') + char;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) args.push(word);
  return args;
}
