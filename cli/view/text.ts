import { stripVTControlCharacters } from 'node:util';
import type { Json } from '../../plan/json.ts';
import type { ActorView } from '../../server/api/values.ts';

/** Columns that text takes on a terminal; all of ours is made of characters of width one. */
export function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Plain text (no colours in it) in at most so many columns, one line. */
export function shorten(text: string, columns: number): string {
  const line = text.replace(/\s*\n\s*/g, ' ');
  const characters = [...line];
  return characters.length <= columns ? line : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`;
}

/** Rows under each other in columns as wide as they need; the last column as it is. */
export function table(rows: readonly (readonly string[])[], gap = '  '): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : padEnd(cell, widths[i] ?? 0)))
        .join(gap)
        .trimEnd(),
    )
    .join('\n');
}

export function indent(text: string, by: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : by + line))
    .join('\n');
}

/** Local time of day. */
export function clock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** Local day and time of day. */
export function day(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${clock(at)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

/** `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `5 d 3 h`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A time that nobody needs the tenths of: `1 s` at least. */
export function roughly(ms: number): string {
  if (ms < 1_500) return '1 s';
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s` : duration(ms);
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function actor(who: ActorView): string {
  return who.kind === 'person' ? who.subject : who.kind === 'engine' ? 'Holdfast' : `${who.kind} ${who.name}`;
}

/** A value of a plan or a record as a person writes it: hosts and versions by name, lists with commas. */
export function shownValue(value: Json): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(shownValue).join(', ');
  const [entry, another] = Object.entries(value as { readonly [key: string]: Json });
  if (entry !== undefined && another === undefined && /^\$[a-z]/.test(entry[0])) {
    return entry[0] === '$secret' ? `(secret ${shownValue(entry[1])})` : shownValue(entry[1]);
  }
  return JSON.stringify(value);
}

export function shownValues(values: { readonly [name: string]: Json }): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${shownValue(value)}`)
    .join('  ');
}

/** `one`, `one and two`, `one, two and three`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The text as the end of a sentence: with one mark, whatever it has already. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text.trimEnd()) ? text.trimEnd() : `${text.trimEnd()}.`;
}

/** `1 error`, `2 errors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Names in at most so many columns: those that fit, and how many more there are. */
export function names(all: readonly string[], columns: number): string {
  const whole = all.join(' ');
  if (whole.length <= columns) return whole;
  const some: string[] = [];
  for (const name of all) {
    const rest = ` … ${all.length} in all`;
    if ([...some, name].join(' ').length + rest.length > columns) break;
    some.push(name);
  }
  return some.length === 0 ? `${all.length} hosts` : `${some.join(' ')} … ${all.length} in all`;
}

/** Words on lines of at most so many columns, `hang` before each line but the first. A word that is longer stands alone. */
export function wrap(text: string, columns: number, hang = ''): string {
  return text
    .split('\n')
    .map((line) => {
      const lines: string[] = [];
      let open = '';
      for (const word of line.split(/(?<=\S)(\s+)(?=\S)/).reduce(pairs, [])) {
        const fits = width(open) + width(word) <= columns;
        if (open === '' || fits) open += word;
        else {
          lines.push(open.trimEnd());
          open = `${hang}${word.trimStart()}`;
        }
      }
      return [...lines, open].join('\n');
    })
    .join('\n');
}

/** Each word with the space before it. */
function pairs(words: string[], piece: string, at: number): string[] {
  if (at % 2 === 0 && at > 0) words.push(`${words.pop() ?? ''}${piece}`);
  else words.push(piece);
  return words;
}
