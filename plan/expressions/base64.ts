const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648 with padding, of the text's UTF-8. By hand, as a workflow's sandbox has neither Buffer nor btoa. */
export function base64(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b, c] = bytes.subarray(i, i + 3);
    out += digit(a >> 2) + digit(((a & 3) << 4) | ((b ?? 0) >> 4));
    out += b === undefined ? '=' : digit(((b & 15) << 2) | ((c ?? 0) >> 6));
    out += c === undefined ? '=' : digit(c & 63);
  }
  return out;
}

function digit(value: number): string {
  return ALPHABET.charAt(value);
}
