import type { Random } from './random.ts';

/** What YAML, shells and expressions take for something, and names that JavaScript does. */
export const PIECES: readonly string[] = [
  ...'{}[]:,#&*!|>\'"%@`-?\n\t $\\'.split(''),
  `\${{ `,
  ' }}',
  `\${{ x }}`,
  `\${{ secrets.x }}`,
  ': ',
  ' #',
  '- ',
  '&a ',
  '*a',
  '!x ',
  '<<: ',
  '---\n',
  '? ',
  '%YAML 1.1\n',
  'null',
  'yes',
  '1e9',
  '\0',
  '\r\n',
  '\uFEFF',
  '\u{1F600}',
  '\u2028',
  '__proto__',
  'constructor',
  'toString',
  'members',
  'host',
  'run',
  'when: ',
  'steps:\n',
  'copy: { from: x, to: y }',
  'become: true',
  '  ',
  'x.rows',
  '[0]',
  '[0:2]',
  '(',
  ')',
  '|+\n',
];

/** Cuts, repeats and inserts, wherever; sometimes a part of another text. */
export function mutated(random: Random, text: string, others: readonly string[]): string {
  let changed = text;
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(changed.length + 1);
    const cut = random.one([0, 0, random.below(4), random.below(60)]);
    changed = changed.slice(0, at) + piece(random, changed, others) + changed.slice(at + cut);
  }
  return changed;
}

function piece(random: Random, text: string, others: readonly string[]): string {
  switch (random.below(4)) {
    case 0:
      return '';
    case 1:
      return part(random, text);
    case 2:
      return part(random, random.one(others));
    default:
      return random.one(PIECES);
  }
}

function part(random: Random, text: string): string {
  const from = random.below(text.length + 1);
  return text.slice(from, from + 1 + random.below(80));
}
