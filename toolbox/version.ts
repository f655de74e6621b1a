/** True where `version` is `wanted` or falls under it as a prefix of whole parts: 3.4.23 under 3.4; anything under ''. */
export function satisfies(version: string, wanted: string): boolean {
  return wanted === '' || version === wanted || version.startsWith(`${wanted}.`);
}

/** The first version number in what a program prints about itself, as `9.2p1` or `3.4.23`; undefined where there is none. */
export function versionIn(output: string): string | undefined {
  return /\bv?(\d+\.\d+(?:\.\d+)?(?:p\d+)?)/.exec(output)?.[1];
}

/** Newest first, by their numbers. */
export function newestFirst(a: string, b: string): number {
  const left = a.split(/\D+/).map(Number);
  const right = b.split(/\D+/).map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (right[index] ?? 0) - (left[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The concrete version that a way with this table takes for what is wanted; undefined where the table has none. */
export function pinnedVersion(wanted: string, table: Readonly<Record<string, string>>): string | undefined {
  if (/^\d+\.\d+\.\d+$/.test(wanted) && Object.keys(table).length > 0) return wanted;
  return table[wanted];
}
