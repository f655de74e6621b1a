import { intArg, textArg } from './arguments.ts';
import type { Budget } from './budget.ts';
import { Fault } from './failure.ts';
import type { CelFunction } from './functions.ts';
import { matches } from './regular-expressions.ts';

export const TEXT_FUNCTIONS: { readonly [name: string]: CelFunction } = {
  contains: (args, budget) => scan(args, budget, 'contains', (text, part) => text.includes(part)),
  startsWith: (args, budget) => scan(args, budget, 'startsWith', (text, part) => text.startsWith(part)),
  endsWith: (args, budget) => scan(args, budget, 'endsWith', (text, part) => text.endsWith(part)),
  indexOf: (args, budget) => scan(args, budget, 'indexOf', (text, part) => BigInt(text.indexOf(part))),
  lastIndexOf: (args, budget) =>
    scan(args, budget, 'lastIndexOf', (text, part) => BigInt(text.lastIndexOf(part))),
  lowerAscii: (args, budget) =>
    made(
      budget,
      textArg('lowerAscii', args, 0).replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    ),
  upperAscii: (args, budget) =>
    made(
      budget,
      textArg('upperAscii', args, 0).replace(/[a-z]/g, (letter) => letter.toUpperCase()),
    ),
  matches: (args, budget) => matches(textArg('matches', args, 0), textArg('matches', args, 1), budget),
  trim: (args, budget) => made(budget, textArg('trim', args, 0).trim()),
  substring: (args, budget) => {
    const text = textArg('substring', args, 0);
    const from = intArg('substring', args, 1);
    const to = args.length > 2 ? intArg('substring', args, 2) : BigInt(text.length);
    if (from < 0n || to < from || to > BigInt(text.length)) {
      throw new Fault(`substring(${from}, ${to}) is outside a text of ${text.length} characters.`);
    }
    return made(budget, text.slice(Number(from), Number(to)));
  },
  replace: (args, budget) => {
    const [text, part, by] = [
      textArg('replace', args, 0),
      textArg('replace', args, 1),
      textArg('replace', args, 2),
    ];
    const times = part === '' ? text.length + 1 : text.split(part).length - 1;
    budget.text(text.length + times * by.length);
    return text.split(part).join(by);
  },
  split: (args, budget) => {
    const parts = pieces(textArg('split', args, 0), textArg('split', args, 1), budget);
    return parts;
  },
  /** The lines of a text, without their ends; a last line end opens no further line. */
  lines: (args, budget) => {
    const parts = pieces(textArg('lines', args, 0).replace(/\r\n/g, '\n'), '\n', budget);
    return parts.at(-1) === '' ? parts.slice(0, -1) : parts;
  },
};

function scan<T extends boolean | bigint>(
  args: Parameters<CelFunction>[0],
  budget: Budget,
  name: string,
  look: (text: string, part: string) => T,
): T {
  const text = textArg(name, args, 0);
  budget.spend(text.length / 64);
  return look(text, textArg(name, args, 1));
}

function made(budget: Budget, text: string): string {
  budget.text(text.length);
  return text;
}

function pieces(text: string, separator: string, budget: Budget): readonly string[] {
  budget.text(text.length);
  const parts = text.split(separator);
  budget.spend(parts.length);
  return parts;
}
