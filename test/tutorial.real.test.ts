import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Block, blocksOf, readPage } from '../docs/page.fixture.ts';
import { labDown } from '../lab/labDown.ts';
import { labUp } from '../lab/labUp.ts';
import { cacheFolder } from '../toolbox/cacheFolder.ts';
import { gather, LAUNCHER, lives, stop, until } from './support/processes.ts';

/** What differs from one time to the next. */
const DIFFERS: readonly (readonly [RegExp, string])[] = [
  [/r-\d{8}-\w+/g, 'RUN'],
  [/\b127\.\d+\.\d+\.\d+(:\d+)?/g, 'ADDRESS'],
  [/\b\d+(\.\d+)? (ms|s|m|h|d)\b/g, 'TIME'],
  [/\s+/g, ' '],
];

const blocks = blocksOf(readPage('tutorial.md')).filter(
  ({ kind, file }) => kind.startsWith('console') || file,
);

let home: string;
let terminal: ChildProcess;
let second: ChildProcess | undefined;
let printed: () => string;
let commands = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-tutorial-'));
  terminal = openTerminal();
  printed = gather(terminal.stdout);
  // The page's own hosts, at addresses of this test: `lab up` leaves alone what runs.
  const hosts = [0, 1, 2].map((i) => ({ name: `etcd0${i}`, address: `127.82.77.${i + 3}` }));
  await labUp({ dir: labFolder(), hosts, etcdVersion: '3.5', disk: '1G' });
});
afterAll(async () => {
  terminal?.kill('SIGKILL');
  if (second !== undefined) await stop(second);
  if (home === undefined) return;
  await labDown({ dir: labFolder() });
  await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

test('the tutorial, by its text alone', { timeout: 300_000 }, async () => {
  expect(blocks.length).toBeGreaterThan(20);
  for (const block of blocks) {
    if (block.file !== undefined) await save(block.file, block.text);
    else if (/^\$ holdfast up$/m.test(block.text)) await inSecondTerminal(block);
    else await type(block);
  }
  expect(lives(second?.pid ?? 0)).toBe(true);
});

async function save(file: string, text: string): Promise<void> {
  const path = join(home, 'holdfast-tutorial', file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Each command of the block, and that what the page shows of it is in what it printed. */
async function type({ kind, text }: Block): Promise<void> {
  const wanted = Number(/exit=(\d+)/.exec(kind)?.[1] ?? 0);
  const typed = text.split(/^\$ /m).slice(1);
  for (const [at, one] of typed.entries()) {
    const [command = '', ...shown] = one.trimEnd().split('\n');
    const { code, output } = await typeOne(command);
    expect(code, `${command}\n${output}`).toBe(at === typed.length - 1 ? wanted : 0);
    for (const line of shown) expectShown(line, output, command);
  }
}

async function typeOne(command: string): Promise<{ readonly code: number; readonly output: string }> {
  const begin = printed().length;
  commands += 1;
  const mark = `=== ${commands} ended with `;
  terminal.stdin?.write(`{ ${command}\n} </dev/null 2>&1; echo "${mark}$?."\n`);
  const end = new RegExp(`${mark}(\\d+)\\.`);
  const said = await until(
    `${command} has ended; it printed ${printed().slice(begin)}`,
    async () => end.exec(printed()) ?? undefined,
    120_000,
  );
  return { code: Number(said[1]), output: printed().slice(begin, said.index) };
}

function expectShown(line: string, output: string, command: string): void {
  const same = (text: string) =>
    DIFFERS.reduce((all, [what, word]) => all.replaceAll(what, word), text).trim();
  const pieces = line.split('…').map(same).filter(Boolean);
  const found = output.split('\n').some((each) => {
    let from = 0;
    return pieces.every((piece) => {
      const at = same(each).indexOf(piece, from);
      from = at + piece.length;
      return at >= 0;
    });
  });
  expect(found, `"${line}" is not in what "${command}" printed:\n${output}`).toBe(true);
}

async function inSecondTerminal({ text }: Block): Promise<void> {
  const typed = [...text.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command);
  second = openTerminal();
  const [out, err] = [gather(second.stdout), gather(second.stderr)];
  second.stdin?.end(
    typed.map((each) => each?.replace(/^holdfast up$/, 'exec holdfast up </dev/null')).join('\n'),
  );
  await until(
    'Holdfast is up',
    async () => {
      if (second?.exitCode !== null) throw new Error(`holdfast up ended: ${err()}`);
      return err().includes('Holdfast is up') ? true : undefined;
    },
    120_000,
  );
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('$ ')))
    expectShown(line, `${out()}\n${err()}`, 'holdfast up');
}

/** A shell in a home folder of its own, with the checkout's command and Node on its path. */
function openTerminal(): ChildProcess {
  const path = [dirname(LAUNCHER), dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { ...process.env, HOME: home, PATH: path, HOLDFAST_CACHE: cacheFolder(), NO_COLOR: '1' };
  return spawn('bash', [], { cwd: home, env, stdio: ['pipe', 'pipe', 'pipe'] });
}

function labFolder(): string {
  return join(home, 'holdfast-tutorial', 'data', 'lab');
}
