import { expect, test } from 'vitest';
import { judge, readAnswers } from './check.ts';

const NOW = 1_800_000_000_000;
const AT = { asked: NOW, answered: NOW };
const WELL = `user=ada\nuid=1000\nhome=/home/ada\nsystem=Linux 6.1\nclock=${NOW / 1000}\nsudo=no\nfree=1000000\nwritable=yes\nexec=yes\nsetsid=yes\n`;

test('a host where everything is well is ready', () => {
  expect(judge(readAnswers(WELL), AT)).toEqual({
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
  ['KillUserProcesses=no\nKillUserProcesses=yes', /loginctl enable-linger ada/],
  [`clock=${NOW / 1000 + 60}`, /60 s off/],
])('%s is a warning', (line, words) => {
  expect(judge(readAnswers(`${WELL}${line}\n`), AT).warnings).toEqual([expect.stringMatching(words)]);
});

test('logind is no matter to root, nor to a user who lingers', () => {
  for (const who of ['uid=0', 'linger=yes'])
    expect(judge(readAnswers(`${WELL}KillUserProcesses=yes\n${who}\n`), AT).warnings).toEqual([]);
});

test('memory that logind empties matters where the home folder can’t be written', () => {
  expect(judge(readAnswers(`${WELL}RemoveIPC=yes\n`), AT).warnings).toEqual([]);
  expect(judge(readAnswers(`${WELL}RemoveIPC=yes\nwritable=no\n`), AT).warnings).toEqual([
    expect.stringMatching(/home folder/),
    expect.stringMatching(/RemoveIPC/),
  ]);
});

test('up to a second is the host’s rounding, and what the asking took is no skew either', () => {
  const skew = (asked: number, answered: number) =>
    judge(readAnswers(WELL), { asked, answered }).clock_skew_ms;
  expect(skew(NOW + 900, NOW + 900)).toBe(0);
  expect(skew(NOW + 1499, NOW + 1499)).toBe(-500);
  expect(skew(NOW - 9000, NOW + 9000)).toBe(0);
  expect(skew(NOW - 9000, NOW - 700)).toBe(700);
});
