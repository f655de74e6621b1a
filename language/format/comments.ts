import { Parser } from 'yaml';

/** Every comment of a text, sorted: the same for two texts that have the same ones, wherever they stand. */
export function commentsOf(text: string): readonly string[] {
  const found: string[] = [];
  const waiting: unknown[] = [...new Parser().parse(text)];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (typeof each !== 'object' || each === null) continue;
    const { type, source } = each as { readonly type?: unknown; readonly source?: unknown };
    if (type === 'comment') found.push(String(source));
    for (const value of Object.values(each))
      if (typeof value === 'object' && value !== null)
        waiting.push(...(Array.isArray(value) ? value : [value]));
  }
  return found.sort();
}
