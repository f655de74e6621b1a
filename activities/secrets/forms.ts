/** Shorter ones are not masked: half of every text would be. Bytes. */
export const shortestMasked = 4;
/** A line of a secret of several lines is a secret of its own from this length on: keys are printed in pieces. */
const shortestLine = 12;
/** RFC 2045 and coreutils' base64: characters on a line. */
const base64Line = 76;

/** The byte strings in which a secret may show in an output: as it is, and as tools write it into other texts. */
export function formsOf(secret: string): readonly Buffer[] {
  const lines = secret.split('\n').filter((line) => Buffer.byteLength(line) >= shortestLine);
  const forms = new Set([secret, ...lines].flatMap(formsOfText));
  return [...forms].map((form) => Buffer.from(form)).filter((form) => form.length >= shortestMasked);
}

/** A text in a list or a map is a secret of its own from this length on: shorter ones are words. Bytes. */
const shortestLeaf = 8;

/**
 * The same for a sealed output, which is any value, as text: lists and maps as JSON, with the texts in them. A truth is no
 * secret that could be masked.
 */
export function formsOfSealed(value: string): readonly Buffer[] {
  if (value === 'true' || value === 'false') return [];
  return [value, ...leavesOf(parsedJson(value))].flatMap(formsOf);
}

function parsedJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function leavesOf(json: unknown): readonly string[] {
  if (typeof json === 'string') return Buffer.byteLength(json) < shortestLeaf ? [] : [json];
  if (typeof json !== 'object' || json === null) return [];
  return Object.values(json).flatMap(leavesOf);
}

function formsOfText(text: string): readonly string[] {
  const url = encodeURIComponent(text);
  const percent = [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  return [
    text,
    ...base64Forms(Buffer.from(text)),
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('hex').toUpperCase(),
    url,
    lowerPercent(url),
    url.replaceAll('%20', '+'),
    percent,
    percent.toUpperCase(),
    jsonForm(text),
    jsonForm(text).replaceAll('/', '\\/'),
    // In single quotes, in double quotes, and as `printf %q` writes it.
    text.replaceAll("'", "'\\''"),
    text.replaceAll("'", `'"'"'`),
    text.replaceAll(/[\\"$`]/g, '\\$&'),
    text.replaceAll(/[^\w@%+=:,./-]/g, '\\$&'),
    htmlForm(text),
  ];
}

/** Of three places that it may begin at within another text, what is the same whatever stands around it. */
function base64Forms(bytes: Buffer): readonly string[] {
  const whole = bytes.toString('base64');
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(from, to);
  });
  const urlSafe = inside.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  const wrapped = whole.replaceAll(new RegExp(`(.{${base64Line}})`, 'g'), '$1\n').trimEnd();
  return [whole, wrapped, bytes.toString('base64url'), ...inside, ...urlSafe];
}

function jsonForm(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function lowerPercent(url: string): string {
  return url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

function htmlForm(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
