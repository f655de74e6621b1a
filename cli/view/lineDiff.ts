export type DiffLine = { readonly sign: '+' | '-' | ' ' | '…'; readonly line: string };

/** Lines that stay the same around a change. */
const AROUND = 2;
/** Of two texts with more lines the whole is shown as taken out and put in: comparing takes their product. */
const MOST_LINES = 2_000;

/** What was taken out of a text and put in, line by line, with a little around it. */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  if (old.length > MOST_LINES || now.length > MOST_LINES) return [...signed('-', old), ...signed('+', now)];
  return shortened(compared(old, now));
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function signed(sign: DiffLine['sign'], lines: readonly string[]): readonly DiffLine[] {
  return lines.map((line) => ({ sign, line }));
}

/** By a longest common subsequence. */
function compared(old: readonly string[], now: readonly string[]): readonly DiffLine[] {
  const width = now.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      common[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    const [was, is] = [old[i], now[j]];
    if (was !== undefined && was === is) {
      lines.push({ sign: ' ', line: was });
      i += 1;
      j += 1;
    } else if (was !== undefined && (is === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ sign: '-', line: was });
      i += 1;
    } else if (is !== undefined) {
      lines.push({ sign: '+', line: is });
      j += 1;
    }
  }
  return lines;
}

function shortened(lines: readonly DiffLine[]): readonly DiffLine[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ sign }) => sign !== ' '),
  );
  return lines.flatMap((line, at): readonly DiffLine[] => {
    if (near[at]) return [line];
    return at > 0 && near[at - 1] && near.includes(true, at) ? [{ sign: '…', line: '' }] : [];
  });
}
