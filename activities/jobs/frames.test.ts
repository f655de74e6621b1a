import { expect, it } from 'vitest';
import { type Frame, frameReader } from './frames.ts';

function read(text: string, pieceBytes: number): readonly Frame[] {
  const frames: Frame[] = [];
  const push = frameReader('@mark ', (frame) => frames.push(frame));
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceBytes) push(bytes.subarray(at, at + pieceBytes));
  return frames;
}

const text =
  '@mark launched shell=7\n@mark out\nhel\u0000lo @ma\n@mark err\nno newline@mark end act=done rc=3 why=\n';

it.each([1, 2, 7, 1000])('reads the same in pieces of %i bytes', (pieceBytes) => {
  const frames = read(text, pieceBytes);
  const bytes = (of: string) =>
    Buffer.concat(
      frames.flatMap((frame) => (frame.kind === 'bytes' && frame.of === of ? [frame.bytes] : [])),
    ).toString('latin1');
  expect(bytes('out')).toBe('hel\u0000lo @ma\n');
  expect(bytes('err')).toBe('no newline');
  const lines = frames.filter((frame) => frame.kind === 'line');
  expect(lines.map((line) => [line.word, line.fields])).toEqual([
    ['launched', { shell: '7' }],
    ['end', { act: 'done', rc: '3', why: '' }],
  ]);
});
