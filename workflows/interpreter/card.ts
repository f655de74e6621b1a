import type { Json } from '../../plan/json.ts';

/** Characters of all the texts of a card together: what a person can look at, and what every list of open gates carries. */
export const CARD_CHARACTERS = 65_536;

/**
 * A card with as much text as fits: where it is too much, the longest texts are cut to one length, and each says how much is missing
 * and where all of it is. Names and numbers stay. Under it nothing is hidden: whoever answers for the whole takes its digest.
 */
export function fitting(card: Json, whole: string, most: number = CARD_CHARACTERS): Json {
  const longest = longestThatFits(textsOf(card), most);
  return mapTexts(card, (text) => {
    if (text.length <= longest) return text;
    const missing = text.length - longest;
    return `${withoutHalf(text.slice(0, longest))}… (${missing} more characters: ${whole})`;
  });
}

/** The length to which texts are cut so that all of them fit: short ones leave their share to the others. */
function longestThatFits(texts: readonly string[], most: number): number {
  let left = most;
  const lengths = texts.map((text) => text.length).sort((a, b) => a - b);
  for (const [at, length] of lengths.entries()) {
    const share = Math.floor(left / (lengths.length - at));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** A character outside the basic plane is two units of a string, of which one alone is nothing. */
function withoutHalf(text: string): string {
  return text.replace(/[\uD800-\uDBFF]$/, '');
}

function textsOf(json: Json): readonly string[] {
  if (typeof json === 'string') return [json];
  if (typeof json !== 'object' || json === null) return [];
  return Object.values(json).flatMap(textsOf);
}

function mapTexts(json: Json, change: (text: string) => string): Json {
  if (typeof json === 'string') return change(json);
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((value) => mapTexts(value, change));
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, mapTexts(value, change)]));
}
