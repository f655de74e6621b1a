import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../toolbox/command.ts';
import { interleaved, median, timed } from './measure.ts';
import { against, alone, type Bench, ms, type Row, row } from './table.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/holdfast', import.meta.url));
const LIBRARY = fileURLToPath(new URL('../runbooks', import.meta.url));
const ROUNDS = 7;
const STARTS = 3;

export const cli: Bench = { name: 'cli', about: 'the command, from nothing running to its end', run };

async function run(): Promise<readonly Row[]> {
  const data = await mkdtemp(join(tmpdir(), 'holdfast-bench-cli-'));
  const env = { ...process.env, HOLDFAST_DATA: data, NO_COLOR: '1' };
  const ended = async (...args: readonly string[]) => {
    const result = await runCommand(process.execPath, [LAUNCHER, ...args], { env });
    if (result.kind === 'failed') throw new Error(`holdfast ${args.join(' ')}: ${result.reason}`);
  };
  try {
    const found = await interleaved(ROUNDS, {
      node: () => timed(() => runCommand(process.execPath, ['-e', ''])),
      help: () => timed(() => ended('--help')),
      validate: () => timed(() => ended('validate', LIBRARY)),
    });
    // The first makes the database and, after a change of the workflow code, its bundle.
    await start(env);
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i++) starts.push(await start(env));
    return [
      row('node, doing nothing', ms(median(found.node))),
      against('holdfast --help', median(found.help), { most: 150 }, ' ms'),
      against('holdfast validate, the whole library', median(found.validate), { most: 500 }, ' ms'),
      against('holdfast up, warm, until a run can start', median(starts) / 1000, { most: 4 }, ' s'),
    ];
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** Milliseconds until `up` says where it is; then it is stopped. */
async function start(env: NodeJS.ProcessEnv): Promise<number> {
  const since = performance.now();
  const up = spawn(process.execPath, [LAUNCHER, 'up', '--port', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const said = Promise.withResolvers<number>();
  up.stdout.setEncoding('utf8').on('data', (piece: string) => {
    if (piece.includes('http://')) said.resolve(performance.now() - since);
  });
  const closed = once(up, 'close');
  closed.then(() => said.reject(new Error('holdfast up ended by itself')), said.reject);
  try {
    return await said.promise;
  } finally {
    up.kill('SIGTERM');
    await closed;
  }
}

if (import.meta.main) await alone(cli);
