import { expect, test } from 'vitest';
import { BREAKAGES, parseBreakage } from './labBreak.ts';

test('words of a command line become a breakage', () => {
  expect(parseBreakage(['kill', 'etcd00', 'etcd'])).toEqual({
    kind: 'kill',
    host: 'etcd00',
    process: 'etcd',
  });
  expect(parseBreakage(['slow', 'etcd01', '250'])).toEqual({ kind: 'slow', host: 'etcd01', delayMs: 250 });
  expect(parseBreakage(['reboot', 'etcd02'])).toEqual({ kind: 'reboot', host: 'etcd02' });
});

test('an unknown word is answered with the known ones', () => {
  expect(() => parseBreakage(['explode', 'etcd00'])).toThrow(
    expect.objectContaining({ code: 'lab_breakage_wrong', mend: expect.stringContaining('full-disk') }),
  );
});

test.each(Object.entries(BREAKAGES))(
  '%s without its arguments is answered with its usage',
  (kind, { usage }) => {
    expect(() => parseBreakage([kind])).toThrow(
      expect.objectContaining({ mend: `holdfast lab break ${kind} ${usage}` }),
    );
  },
);

test('a delay that is no number is refused', () => {
  expect(() => parseBreakage(['slow', 'etcd00', 'very'])).toThrow('slow does not take etcd00 very.');
});
