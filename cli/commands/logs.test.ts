import { expect, test } from 'vitest';
import type { LogList } from '../../server/api/logs.ts';
import { testIo } from '../io.fixture.ts';
import { pick, printer, saidNothing } from './logs.ts';

const log = (step: string, host: string, generation = 0, stream: 'out' | 'err' = 'out') => ({
  step,
  host,
  generation,
  stream,
  bytes: 1,
});
const LOGS: LogList['logs'] = [
  log('join[h2]/start', 'h2'),
  log('join[h1]/start', 'h1', 0),
  log('join[h1]/start', 'h1', 1, 'err'),
  log('join[h1]/start', 'h1', 1),
];
const TEXT = { format: 'text' } as const;
const names = (logs: LogList['logs'] | readonly LogList['logs'][number][]) =>
  logs.map(({ host, generation, stream }) => `${host} ${generation} ${stream}`);

test('a step’s last id is enough, the newest try is meant, output stands before errors', () => {
  expect(names(pick(LOGS, 'start', TEXT))).toEqual(['h2 0 out', 'h1 1 out', 'h1 1 err']);
});

test('an earlier try can be asked for', () => {
  expect(names(pick(LOGS, 'start', { ...TEXT, host: ['h1'], try: 0 }))).toEqual(['h1 0 out']);
});

test('a step that said nothing is told so; one that the run does not have is refused, and those that spoke are named', () => {
  const known = [{ step: 'etcd/stop' }];
  expect(pick(LOGS, 'stop', TEXT)).toEqual([]);
  expect(saidNothing('r', LOGS, known, 'stop', TEXT)).toMatch(/^stop said nothing\. .*join\[h1\]\/start/);
  expect(() => saidNothing('r', LOGS, known, 'halt', TEXT)).toThrow(
    expect.objectContaining({ exit: 2, mend: expect.stringContaining('join[h1]/start') }),
  );
});

test('lines of several hosts are kept whole and say whose they are', () => {
  const io = testIo();
  const [a, b] = [log('s', 'h1'), log('s', 'h2')];
  const lines = printer(io, () => [a, b], TEXT);
  const piece = (text: string) => ({ ...a, offset: 0, text, next: 0, bytes: 0, ended: false });
  lines.take(a, piece('one\ntw'));
  lines.take(b, piece('other\n'));
  lines.take(a, piece('o\nrest'));
  lines.end(a);
  expect(io.data).toEqual(['h1 │ one', 'h2 │ other', 'h1 │ two', 'h1 │ rest']);
});
