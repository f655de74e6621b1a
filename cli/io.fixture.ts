import picocolors from 'picocolors';
import type { Io } from './io.ts';

export type TestIo = Io & { readonly data: string[]; readonly talked: string[] };

/** Keeps what was written; no terminal, no colours, and a clock that stands still, unless said otherwise. */
export function testIo(over: Partial<Io> = {}): TestIo {
  const data: string[] = [];
  const talked: string[] = [];
  const plain = picocolors.createColors(false);
  return {
    env: {},
    out: (text) => void data.push(text),
    part: (text) => void data.push(text),
    drained: async () => {},
    say: (text) => void talked.push(text),
    paint: plain,
    talk: plain,
    live: false,
    liveTalk: false,
    canAsk: false,
    columns: () => 100,
    rows: () => 30,
    now: () => 0,
    ...over,
    data,
    talked,
  };
}
