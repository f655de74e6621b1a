import { describe, expect, it } from 'vitest';
import type { Value } from '../../plan/expressions/values.ts';
import { digest } from '../../plan/ids.ts';
import { declaredOutputs, keepOutputs, parseOutput } from './outputs.ts';

function values(text: string) {
  const parsed = parseOutput(text);
  return parsed.ok ? Object.fromEntries(parsed.values) : parsed.message;
}

describe('$OUTPUT', () => {
  it('takes name=value lines and blocks, and the last word for a name', () => {
    expect(values('a=1\n\nb<<END\ntwo\nlines=here\nEND\na=3 = x\n')).toEqual({
      a: '3 = x',
      b: 'two\nlines=here',
    });
  });

  it('names the line that it cannot read', () => {
    expect(values('a=1\noops\n')).toBe('line 2 of $OUTPUT is neither name=value nor name<<END: oops');
    expect(values('a<<END\nx\n')).toBe('line 1 of $OUTPUT opens a block for a that no line END ends');
  });

  it('fails with the name where a declared output is missing or does not fit', () => {
    const specs = { n: { type: { kind: 'int' } } } as const;
    const none = () => undefined;
    expect(declaredOutputs(specs, new Map(), none)).toEqual({
      ok: false,
      message: 'the output n was not written to $OUTPUT',
    });
    const wrong = declaredOutputs(specs, new Map([['n', 'many']]), none);
    expect(wrong.ok ? '' : wrong.message).toMatch(/^the output n: .*many/);
  });

  it('keeps small values in the result and larger ones as blobs', async () => {
    const blobs: string[] = [];
    const putBlob = async (text: string) => {
      blobs.push(text);
      return digest('d');
    };
    const kept = await keepOutputs(
      new Map<string, Value>([
        ['a', 1n],
        ['b', 'x'.repeat(2000)],
      ]),
      { putBlob },
      10_000,
    );
    expect(kept).toEqual({ outputs: { a: 1 }, stored: { b: { sha256: 'd', bytes: 2002 } } });
    expect(blobs).toEqual([JSON.stringify('x'.repeat(2000))]);
  });

  it('moves to blobs what would make the answer of many hosts too large', async () => {
    const kept = await keepOutputs(
      new Map([['a', 'x'.repeat(100)]]),
      { putBlob: async () => digest('d') },
      50,
    );
    expect(Object.keys(kept.stored ?? {})).toEqual(['a']);
  });
});
