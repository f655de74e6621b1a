/**
 * What the program on the host prints: output of the job as it is, parted by control lines that begin with a mark
 * drawn for this exec (so that no output can forge one): `MARK word fields…\n`. After `out`, `err`, `value` or `note` come
 * bytes of that kind until the next control line.
 */
export type Frame =
  | { readonly kind: 'line'; readonly word: string; readonly fields: { readonly [name: string]: string } }
  | { readonly kind: 'bytes'; readonly of: ByteKind; readonly bytes: Uint8Array };

/** The script's two streams, what it wrote to `$OUTPUT`, and the end of what `done` complained about. */
export type ByteKind = 'out' | 'err' | 'value' | 'note';

/** Takes bytes as they come, in any pieces, and gives whole frames in order. */
export function frameReader(mark: string, onFrame: (frame: Frame) => void): (bytes: Uint8Array) => void {
  const sign = Buffer.from(mark);
  let held: Buffer = Buffer.alloc(0);
  let of: ByteKind | undefined;

  function give(bytes: Buffer): void {
    if (of !== undefined && bytes.length > 0) onFrame({ kind: 'bytes', of, bytes: Uint8Array.from(bytes) });
  }

  function line(text: string): void {
    const [word = '', ...rest] = text.trim().split(' ');
    of = byteKind(word);
    if (of !== undefined) return;
    const fields: Record<string, string> = {};
    for (const field of rest) {
      const at = field.indexOf('=');
      if (at > 0) fields[field.slice(0, at)] = field.slice(at + 1);
    }
    onFrame({ kind: 'line', word, fields });
  }

  return (bytes) => {
    held = held.length === 0 ? Buffer.from(bytes) : Buffer.concat([held, bytes]);
    for (;;) {
      const at = held.indexOf(sign);
      if (at < 0) {
        const keep = Math.min(held.length, sign.length - 1);
        give(held.subarray(0, held.length - keep));
        held = held.subarray(held.length - keep);
        return;
      }
      const end = held.indexOf(10, at);
      give(held.subarray(0, at));
      held = held.subarray(at);
      if (end < 0) return;
      line(held.subarray(sign.length, end - at).toString());
      held = held.subarray(end - at + 1);
    }
  };
}

function byteKind(word: string): ByteKind | undefined {
  return word === 'out' || word === 'err' || word === 'value' || word === 'note' ? word : undefined;
}
