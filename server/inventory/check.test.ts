import { expect, test } from 'vitest';
import { judge, readAnswers } from './check.ts';

const NOW = 1_800_000_000_000;
const WELL = `user=ada\nhome=/home/ada\nsystem=Linux 6.1\nclock=${NOW / 1000}\nsudo=no\nfree=1000000\nwritable=yes\nexec=yes\nsetsid=yes\n`;

test('a host where everything is well is ready', () => {
  expect(judge(readAnswers(WELL), NOW)).toEqual({
    ok: true,
    says: 'ready',
    user: 'ada',
    home: '/home/ada',
    system: 'Linux 6.1',
    sudo: false,
    free_bytes: 1_024_000_000,
    clock_skew_ms: 0,
    warnings: [],
  });
});

test.each([
  ['writable=no', /can’t be written/],
  ['free=0', /disk is full/],
  ['exec=no', /noexec/],
  ['setsid=no', /setsid/],
  ['KillUserProcesses=yes', /KillUserProcesses/],
  ['RemoveIPC=yes', /RemoveIPC/],
  [`clock=${NOW / 1000 + 60}`, /60 s off/],
])('%s is a warning', (line, words) => {
  expect(judge(readAnswers(`${WELL}${line}\n`), NOW).warnings).toEqual([expect.stringMatching(words)]);
});

test('up to a second of difference is the host’s rounding, not skew', () => {
  expect(judge(readAnswers(WELL), NOW + 900).clock_skew_ms).toBe(0);
  expect(judge(readAnswers(WELL), NOW + 1500).clock_skew_ms).toBe(-500);
});
