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
  truncated: false,
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

test('of a sensitive step it says in one line that nothing is kept', () => {
  const known = [{ step: 'a/login', sensitive: true as const }];
  expect(saidNothing('r', LOGS, known, 'login', TEXT)).toBe('login is sensitive: what it says is not kept.');
});

const said = (log: LogList['logs'][number], text: string, truncated = false) => ({
  ...log,
  offset: 0,
  text,
  next: 0,
  bytes: 134_217_728,
  ended: false,
  truncated,
});

test('lines of several hosts are kept whole and say whose they are', () => {
  const io = testIo();
  const [a, b] = [log('s', 'h1'), log('s', 'h2')];
  const lines = printer(io, () => [a, b], TEXT);
  void lines.take(a, said(a, 'one\ntw'));
  void lines.take(b, said(b, 'other\n'));
  void lines.take(a, said(a, 'o\nrest'));
  lines.end(a, undefined);
  expect(io.data).toEqual(['h1 │ one', 'h2 │ other', 'h1 │ two', 'h1 │ rest']);
});

test('a line without an end is printed as it comes, and is one line however many pieces it has', () => {
  let printed = '';
  const io = testIo({ out: (text) => (printed += `${text}\n`), part: (text) => (printed += text) });
  const a = log('s', 'h1');
  const lines = printer(io, () => [a], TEXT);
  const piece = 'x'.repeat(100_000);
  void lines.take(a, said(a, piece));
  expect(printed).toBe(piece);
  void lines.take(a, said(a, piece));
  void lines.take(a, said(a, 'y\nz'));
  lines.end(a, undefined);
  expect(printed).toBe(`${piece}${piece}y\nz\n`);
});

test('a line without an end does not run into what another host says', () => {
  let printed = '';
  const io = testIo({ out: (text) => (printed += `${text}\n`), part: (text) => (printed += text) });
  const [a, b] = [log('s', 'h1'), log('s', 'h2')];
  const lines = printer(io, () => [a, b], TEXT);
  const piece = 'x'.repeat(100_000);
  void lines.take(a, said(a, piece));
  void lines.take(b, said(b, 'other\n'));
  void lines.take(a, said(a, 'y\n'));
  expect(printed).toBe(`h1 │ ${piece}\nh2 │ other\nh1 │ y\n`);
});

test('what was not kept is said to be left out, once the rest is printed', () => {
  const io = testIo();
  const a = log('s', 'h1');
  const lines = printer(io, () => [a], TEXT);
  void lines.take(a, said(a, 'one\ntwo', true));
  lines.end(a, said(a, '', true));
  expect(io.data).toEqual(['one', 'two']);
  expect(io.talked.join()).toMatch(/^What s said on h1 after 128\.0 MiB was not kept\./);
});

test('a reader that is slow is waited for, before more is asked of the server', async () => {
  const slow = Promise.withResolvers<void>();
  const io = testIo({ drained: () => slow.promise });
  const a = log('s', 'h1');
  let taken = false;
  const taking = printer(io, () => [a], TEXT)
    .take(a, said(a, 'one\n'))
    .then(() => {
      taken = true;
    });
  await new Promise((resolve) => setImmediate(resolve));
  expect([io.data, taken]).toEqual([['one'], false]);
  slow.resolve();
  await taking;
});
