import type { Redaction } from '../rounds/context.ts';

const star = '*'.charCodeAt(0);

/** Masks these forms, each byte of one by one `*`, so that offsets stay what they are. `forms` is asked at each use. */
export function maskingOf(forms: () => readonly Buffer[]): Redaction {
  return {
    text(text) {
      const all = forms();
      if (all.length === 0) return text;
      const bytes = Buffer.from(text);
      return mask(bytes, all) ? bytes.toString('utf8') : text;
    },
    stream() {
      let held: Buffer = Buffer.alloc(0);
      return {
        push(bytes) {
          const all = forms();
          const both = Buffer.concat([held, bytes]);
          mask(both, all);
          const open = openEnd(both, all);
          held = Buffer.from(both.subarray(both.length - open));
          return both.subarray(0, both.length - open);
        },
        end() {
          const rest = held;
          held = Buffer.alloc(0);
          return rest;
        },
      };
    },
  };
}

/** Overlapping ones too: all places are found before the first is masked. Says whether there were any. */
function mask(bytes: Buffer, forms: readonly Buffer[]): boolean {
  const found: { readonly from: number; readonly to: number }[] = [];
  for (const form of forms) {
    for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + 1))
      found.push({ from: at, to: at + form.length });
  }
  for (const { from, to } of found) bytes.fill(star, from, to);
  return found.length > 0;
}

/** How many bytes at the end may be the beginning of a form that goes on in the next piece. */
function openEnd(bytes: Buffer, forms: readonly Buffer[]): number {
  let longest = 0;
  for (const form of forms) {
    for (let length = Math.min(form.length - 1, bytes.length); length > longest; length -= 1) {
      if (bytes.subarray(bytes.length - length).equals(form.subarray(0, length))) longest = length;
    }
  }
  return longest;
}
