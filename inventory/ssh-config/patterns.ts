/** The patterns of ssh_config(5), PATTERNS: `*` and `?`, and `!` before what must not fit. */

/** Whether one pattern fits all of a text. In time linear in pattern times text. */
export function fitsPattern(text: string, pattern: string): boolean {
  let at = 0;
  let token = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[token] === '*') {
      star = token++;
      resume = at;
    } else if (pattern[token] === '?' || pattern[token] === text[at]) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      token = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[token] === '*') token += 1;
  return token === pattern.length;
}

/** Whether one of the patterns fits, and none behind a `!` does. Letters count as they are. */
export function fitsPatterns(text: string, patterns: readonly string[]): boolean {
  let fits = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (fitsPattern(text, pattern.slice(1))) return false;
    } else if (fitsPattern(text, pattern)) fits = true;
  }
  return fits;
}
