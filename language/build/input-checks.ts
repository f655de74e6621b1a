import type { Check } from '../../plan/plan.ts';
import { boundOf } from '../plan/input-limits.ts';
import { celOfText, celOfValue } from './cel-text.ts';
import type { DeclaredInput } from './inputs.ts';
import type { Requirement } from './requirements.ts';

/**
 * `min`, `max` and `pattern` of inputs as requirements that are looked at when the runbook is used by another one: what is
 * passed is often known only then. Of texts and lists the length counts.
 */
export function inputChecks(inputs: ReadonlyMap<string, DeclaredInput>): readonly Requirement[] {
  return [...inputs.values()].flatMap((input) =>
    checksOf(input).map((check): Requirement => ({ check, at: input.at })),
  );
}

function checksOf(input: DeclaredInput): readonly Check[] {
  const { name, min, max, pattern } = input;
  const number = ['int', 'number', 'duration', 'size'].includes(input.type.kind);
  const measure = number ? name : `size(${name})`;
  const what = number ? name : `the length of ${name}`;
  // What may be left out is then empty, whatever holds for what is not.
  const unless = input.optional && !number ? `size(${name}) == 0 || ` : '';
  const check = (words: string, holds: string): Check => ({
    words,
    holds: { cel: `${unless}${holds}`, at: input.at },
    figures: [measure],
  });
  const checks: Check[] = [];
  for (const [sign, word, text] of [
    ['>=', 'at least', min],
    ['<=', 'at most', max],
  ] as const) {
    const bound = boundOf(input, text);
    if (bound !== undefined)
      checks.push(check(`${what} is ${word} ${text}`, `${measure} ${sign} ${celOfValue(bound)}`));
  }
  const textual = ['string', 'text', 'url', 'choice'].includes(input.type.kind);
  if (pattern !== undefined && textual)
    checks.push({
      ...check(`${name} matches ${pattern}`, `matches(${name}, ${celOfText(`\\A(?:${pattern})\\z`)})`),
      figures: [name],
    });
  return checks;
}
