import { parseArgs } from 'node:util';
import type { Round } from './harness.ts';
import { openScene } from './scene.ts';
import { volleys } from './shots.ts';
import { faultsOf, linesOf, tableOf } from './table.ts';

/**
 * Everything killed, at every point, again and again:
 *
 *     npx node test/crash/main.ts --kills 500 --seed 7
 *
 * `--kills` counts strikes, of which each may kill the same thing on several hosts (`--struck`). A round starts ten runs and
 * strikes four times (`--each`). Its number repeats it: `--only N`, with the same seed and figures. `--killed worker,host`
 * kills only these; `--from N` goes on where an earlier series was stopped. Exit code 1 where anything ran twice, was lost, or
 * went wrong.
 */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    each: { type: 'string', default: '4' },
    hosts: { type: 'string', default: '11' },
    struck: { type: 'string', default: '3' },
    net: { type: 'string', default: '41' },
    killed: { type: 'string', default: '' },
    from: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const seed = Number(values.seed);
const all = volleys(Number(values.kills), seed, { each: Number(values.each), only: values.killed }).map(
  (volley, at) => ({ volley, at: at + 1 }),
);
const chosen = all.filter(({ at }) =>
  values.only === undefined ? at >= Number(values.from) : at === Number(values.only),
);
const rounds: Round[] = [];
let broken = 0;
// Ended from outside, it takes its lab with it.
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopped = true;
  });
}

console.log(
  `seed ${seed}; again: npx node test/crash/main.ts --kills ${values.kills} --seed ${seed} --each ${values.each}`,
);
const opened = () =>
  openScene({ net: Number(values.net), hosts: Number(values.hosts), struckAtOnce: Number(values.struck) });
let scene = await opened();
try {
  for (const { volley, at } of chosen) {
    if (stopped) break;
    const which = `round ${String(at).padStart(3)} of ${all.length}`;
    try {
      const round = await scene.play(volley);
      rounds.push(round);
      console.log(`${which}: ${linesOf(round).join('\n    ')}`);
    } catch (error) {
      broken += 1;
      console.log(`${which}: ${JSON.stringify(volley.shots)}\n    ${error}`);
      // A run that does not end keeps its hosts: what comes after it would wait for ever.
      await scene[Symbol.asyncDispose]();
      scene = await opened();
    }
  }
} finally {
  await scene[Symbol.asyncDispose]();
}
console.log(`\nseed ${seed}\n${tableOf(rounds)}`);
const good = rounds.filter((round) => faultsOf(round).length === 0).length;
console.log(`${good} of ${rounds.length + broken} rounds as they should`);
process.exitCode = good === rounds.length + broken ? 0 : 1;
