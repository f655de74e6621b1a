import { describe, expect, it } from 'vitest';
import type { Value } from '../../plan/expressions/values.ts';
import { digest } from '../../plan/ids.ts';
import { noSecrets } from './context.ts';
import { declaredOutputs, keepOutputs, parseOutput } from './outputs.ts';

function values(text: string) {
  const parsed = parseOutput(text);
  return parsed.ok ? Object.fromEntries(parsed.values) : `${parsed.message}: ${parsed.said ?? ''}`;
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
    expect(values('a<<END\nx\n')).toBe('line 1 of $OUTPUT opens a block for a that no line END ends: ');
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
      {},
      { ledger: { putBlob }, secrets: noSecrets, budget: 10_000 },
    );
    expect(kept).toEqual({ outputs: { a: 1 }, stored: { b: { sha256: 'd', bytes: 2002 } } });
    expect(blobs).toEqual([JSON.stringify('x'.repeat(2000))]);
  });

  it('moves to blobs what would make the answer of many hosts too large', async () => {
    const kept = await keepOutputs(
      new Map([['a', 'x'.repeat(100)]]),
      {},
      { ledger: { putBlob: async () => digest('d') }, secrets: noSecrets, budget: 50 },
    );
    expect(Object.keys(kept.stored ?? {})).toEqual(['a']);
  });

  it('seals what is sensitive, and keeps it in the result however little room there is', async () => {
    const sealed: string[] = [];
    const secrets = { ...noSecrets, seal: async (text: string) => `sealed:r/${sealed.push(text)}` };
    const specs = {
      pin: { type: { kind: 'int' }, sensitive: true },
      all: { type: { kind: 'list', of: { kind: 'string' } }, sensitive: true },
      n: { type: { kind: 'int' } },
    } as const;
    const values = new Map<string, Value>([
      ['pin', 1234n],
      ['all', ['a', 'b']],
      ['n', 1n],
    ]);
    const keeping = { ledger: { putBlob: async () => digest('d') }, secrets, budget: 0 };
    expect(await keepOutputs(values, specs, keeping)).toEqual({
      outputs: { pin: { $secret: 'sealed:r/1' }, all: { $secret: 'sealed:r/2' } },
      stored: { n: { sha256: 'd', bytes: 1 } },
    });
    expect(sealed).toEqual(['1234', '["a","b"]']);
  });

  it('repeats no value where one is sensitive and another does not fit', () => {
    const specs = { t: { type: { kind: 'string' }, sensitive: true }, n: { type: { kind: 'int' } } } as const;
    const given = new Map([
      ['t', 'canary'],
      ['n', 'no canary'],
    ]);
    expect(declaredOutputs(specs, given, () => undefined)).toEqual({
      ok: false,
      message: 'the output n is not an int',
    });
  });
});
