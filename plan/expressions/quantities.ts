const DURATION_UNITS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `250ms`, `30s`, `1h30m`, `1d` as milliseconds. Undefined where it is no duration. */
export function parseDuration(text: string): bigint | undefined {
  if (!/^(?:\d{1,12}(?:ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0n;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    total += BigInt(amount) * BigInt(DURATION_UNITS[unit] ?? 0);
  }
  return total;
}

const SIZE_STEPS = ['', 'K', 'M', 'G', 'T', 'P'];

/**
 * `512`, `128M`, `1GiB`, `10 GB` as bytes. One letter and `iB` count in 1024, as dd and systemd read them; `KB`, `MB`
 * and so on in 1000. Undefined where it is no size.
 */
export function parseSize(text: string): bigint | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,6}))? ?([KMGTP]?)(i?)(B?)$/i.exec(text);
  if (match === null) return undefined;
  const [, whole = '0', fraction = '', letter = '', binary, byte] = match;
  if (letter === '' && (binary !== '' || fraction !== '')) return undefined;
  const base = letter !== '' && binary === '' && byte !== '' ? 1000n : 1024n;
  const unit = base ** BigInt(SIZE_STEPS.indexOf(letter.toUpperCase()));
  return BigInt(whole) * unit + (BigInt(fraction.padEnd(6, '0')) * unit) / 1_000_000n;
}
