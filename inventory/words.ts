/**
 * The words of a host's line in an INI inventory as a shell would split them: quotes, a backslash before a character that means
 * something, and a comment from the first # outside of quotes, also inside a word. Undefined where a quote is open.
 */
export function splitWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? '';
    const next = line[i + 1] ?? '';
    if (quote === "'" && char !== quote) word += char;
    else if (char === '\\' && next === '') return undefined;
    else if (char === '\\' && quote === '') {
      word = (word ?? '') + next;
      i += 1;
    } else if (char === '\\') {
      word += /["\\]/.test(next) ? next : char + next;
      i += 1;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (char === '#') break;
    else if (char !== ' ' && char !== '\t') word = (word ?? '') + char;
    else {
      if (word !== undefined) words.push(word);
      word = undefined;
    }
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words;
}
