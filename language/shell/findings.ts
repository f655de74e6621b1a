/** What a program says of a script. Lines and columns from 1. */
export type Finding = {
  readonly tool: 'sh' | 'shellcheck';
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

/** What `sh -n FILE` wrote. dash: `FILE: 3: Syntax error: …`; bash and ksh: `FILE: line 3: syntax error …`. */
export function readShellErrors(written: string): readonly Finding[] {
  const match = /^[^\n]*?: (?:line )?(\d+): ([^\n]+)/m.exec(written);
  if (match === null) return [];
  const message = (match[2] ?? '').replace(/^syntax error:? ?/i, '').trim();
  return [{ tool: 'sh', line: Number(match[1]), column: 1, message }];
}

/** What `shellcheck -f json1` wrote, by the name of the file. What is no such answer has nothing to say. */
export function readShellcheck(written: string): ReadonlyMap<string, readonly Finding[]> {
  const found = new Map<string, Finding[]>();
  for (const comment of commentsOf(written)) {
    const { file, line, column, code, message } = comment;
    const list = found.get(String(file)) ?? [];
    list.push({
      tool: 'shellcheck',
      line: Number(line) || 1,
      column: Number(column) || 1,
      message: `SC${code}: ${message}`,
    });
    found.set(String(file), list);
  }
  return found;
}

function commentsOf(written: string): readonly { readonly [key: string]: unknown }[] {
  try {
    const answer: { readonly comments?: unknown } = JSON.parse(written);
    return Array.isArray(answer.comments) ? answer.comments : [];
  } catch {
    return [];
  }
}
