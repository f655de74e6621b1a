import { expect, test } from 'vitest';
import { lines, openLog } from './log.ts';

test('a log on a full disk drops its lines and throws nothing', () => {
  // full(4): every write to it fails with ENOSPC.
  const log = openLog('/dev/full', 'test');
  expect(() => log.error({ err: new Error('no space') }, 'it could not be written')).not.toThrow();
});

test('what is logged after half a line begins on a line of its own', () => {
  let room = 8;
  let written = '';
  const log = lines((bytes) => {
    if (room === 0) throw new Error('ENOSPC');
    const taken = Math.min(room, bytes.length);
    room -= taken;
    written += Buffer.from(bytes.subarray(0, taken)).toString();
    return taken;
  });
  log.write('one\n');
  log.write('two, which is cut\n');
  log.write('three, which is lost\n');
  room = 100;
  log.write('four\n');
  log.write('five\n');
  expect(written).toBe('one\ntwo,\nfour\nfive\n');
});
