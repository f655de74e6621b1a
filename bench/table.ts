/** One line of the table. */
export type Row = {
  readonly what: string;
  /** The figure, or why there is none. */
  readonly value: string;
  readonly target?: string;
  /** Left out where nothing is to be reached. */
  readonly met?: boolean;
};

export type Bench = {
  readonly name: string;
  readonly about: string;
  readonly run: () => Promise<readonly Row[]>;
};

export function row(what: string, value: string): Row {
  return { what, value };
}

/** A figure that has to be at most, or at least, so much. */
export function against(
  what: string,
  figure: number,
  target: { readonly most?: number; readonly least?: number },
  unit: string,
): Row {
  const { most, least } = target;
  const met = (most === undefined || figure <= most) && (least === undefined || figure >= least);
  const wanted = most === undefined ? `≥ ${least}${unit}` : `≤ ${most}${unit}`;
  return { what, value: `${rounded(figure)}${unit}`, target: wanted, met };
}

export function ms(figure: number): string {
  return `${rounded(figure)} ms`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function rounded(figure: number): string {
  if (Math.abs(figure) >= 100) return figure.toFixed(0);
  return figure.toFixed(Math.abs(figure) >= 10 ? 1 : 2);
}

export function print(title: string, rows: readonly Row[]): void {
  const wide = Math.max(...rows.map((one) => one.what.length));
  const lines = rows.map(({ what, value, target, met }) => {
    const judged = target === undefined ? '' : `  ${target.padEnd(12)} ${met ? 'reached' : 'NOT reached'}`;
    return `  ${what.padEnd(wide)}  ${value.padStart(16)}${judged}`.trimEnd();
  });
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n`);
}

/** For a file that is started by itself. */
export async function alone(bench: Bench): Promise<void> {
  print(`${bench.name}: ${bench.about}`, await bench.run());
}
