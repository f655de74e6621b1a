import type { JobScript } from '../jobs/attemptText.ts';

export type Sourced = { readonly name: string; readonly text: string };

const longest = 400;

/** The last line with something in it, as a reason: without control characters, and cut with a sign that it was. */
export function lastLine(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.replace(controls, ' ').trim());
  const line = lines.findLast((candidate) => candidate !== '');
  if (line === undefined) return undefined;
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}

const controls = /\p{Cc}+/gu;

/**
 * Reads a shell's own complaint (`FILE: 3: word: not found` of dash, `FILE: line 3: …` of bash and busybox). dash
 * names the script also for a line of a function from an included file: then the word tells which file's line it is.
 */
export function shellComplaint(
  line: string,
  script: JobScript,
  includes: readonly Sourced[],
): { readonly place: string; readonly says: string } | undefined {
  const found = /^(?:\S*\/)?(script|done|sh|[0-9a-f]{64}\.sh)\S*: (?:line )?(\d+): (.*)$/s.exec(line);
  if (found === null) return undefined;
  const [, file = '', number = '', said = ''] = found;
  // By which a question is put to the shell: nobody wrote it.
  const says = said.replace(/^eval: /, '');
  const at = Number(number);
  const own = at - (script.includes.length > 0 ? 1 : 0);
  if (file.endsWith('.sh')) {
    const index = script.includes.findIndex((digest) => file.startsWith(digest));
    const name = includes[index]?.name;
    return name === undefined ? undefined : { place: `${name}:${at}`, says };
  }
  const word = /^([^:\s]+)/.exec(says)?.[1] ?? '';
  const holds = (text: string, lineNumber: number) =>
    word !== '' && (text.split('\n')[lineNumber - 1] ?? '').includes(word);
  const candidates = [
    ...(holds(script.text, own) ? [`script:${own}`] : []),
    ...includes.filter((include) => holds(include.text, at)).map((include) => `${include.name}:${at}`),
  ];
  if (candidates.length === 1 && candidates[0] !== undefined) return { place: candidates[0], says };
  const lines = script.text.split('\n').length;
  if (includes.length === 0 && own >= 1 && own <= lines) return { place: `script:${own}`, says };
  return undefined;
}
