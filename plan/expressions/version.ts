/**
 * A version that can be ordered, as semver.org orders them (2.0.0, clause 11), with any number of parts: `3.5 < 3.5.1`,
 * and a pre-release comes before its release.
 */
export class Version {
  readonly kind = 'version';
  readonly text: string;
  readonly numbers: readonly bigint[];
  readonly preRelease: readonly string[];

  constructor(text: string, numbers: readonly bigint[], preRelease: readonly string[]) {
    this.text = text;
    this.numbers = numbers;
    this.preRelease = preRelease;
  }
}

/** Undefined where the text is no version. A leading `v` and build data (`+…`) do not count. */
export function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,18}(?:\.\d{1,18}){0,9})(?:-([0-9A-Za-z.-]{1,64}))?(?:\+[0-9A-Za-z.-]{0,64})?$/.exec(
    text.trim(),
  );
  if (match?.[1] === undefined) return undefined;
  return new Version(text.trim(), match[1].split('.').map(BigInt), match[2]?.split('.') ?? []);
}

/** Negative, zero or positive. */
export function compareVersions(left: Version, right: Version): number {
  const parts = Math.max(left.numbers.length, right.numbers.length);
  for (let i = 0; i < parts; i++) {
    const order = compare(left.numbers[i] ?? 0n, right.numbers[i] ?? 0n);
    if (order !== 0) return order;
  }
  if (left.preRelease.length === 0 || right.preRelease.length === 0) {
    return compare(right.preRelease.length, left.preRelease.length);
  }
  return comparePreReleases(left.preRelease, right.preRelease);
}

function comparePreReleases(left: readonly string[], right: readonly string[]): number {
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const a = left[i];
    const b = right[i];
    if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
    const bothNumbers = /^\d+$/.test(a) && /^\d+$/.test(b);
    const order = bothNumbers ? compare(BigInt(a), BigInt(b)) : compareMixed(a, b);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers come before words. */
function compareMixed(a: string, b: string): number {
  const aIsNumber = /^\d+$/.test(a);
  if (aIsNumber !== /^\d+$/.test(b)) return aIsNumber ? -1 : 1;
  return compare(a, b);
}

function compare<T extends bigint | number | string>(a: T, b: T): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}
