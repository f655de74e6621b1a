import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frame, MarkFinder } from './shellFrame.ts';

test('a script is quoted so that only the single quote needs care', () => {
  expect(frame(`echo 'a' "$b"`, 'M')).toBe(
    `( eval 'echo '\\''a'\\'' "$b"' ) </dev/null; echo M:$?; echo M >&2\n`,
  );
});

test('however a stream is cut, what is before the mark passes and its line is found', () => {
  const mark = 'f00dfeed';
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(220)), (output, cuts) => {
      const stream = Buffer.concat([output, Buffer.from(`${mark}:17\n`)]);
      const passed: Uint8Array[] = [];
      const finder = new MarkFinder(mark, (bytes) => passed.push(Buffer.from(bytes)));
      const ends = [...cuts, stream.length].map((end) => Math.min(end, stream.length)).sort((a, b) => a - b);
      let found: string | undefined;
      let from = 0;
      for (const end of ends) {
        if (end > from) found = finder.push(stream.subarray(from, end));
        from = end;
      }
      expect(found).toBe(':17');
      expect(Buffer.concat(passed).equals(output)).toBe(true);
    }),
  );
});

test('a stream that ends without the mark gives what was held back', () => {
  const passed: Uint8Array[] = [];
  const finder = new MarkFinder('f00dfeed', (bytes) => passed.push(bytes));
  expect(finder.push(Buffer.from('text f00d'))).toBeUndefined();
  finder.flush();
  expect(Buffer.concat(passed).toString()).toBe('text f00d');
});
