import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';

/** A workflow task times out after two seconds: a worker that stands still for longer loses it, with what it had begun. */
const STALL_MS = 2_600;
const STEPS = 30;

/** Short steps: each is a local activity, one after the other in the same chain. */
const CHAIN = `
holdfast: 1
name: chain
on: etcd
steps:
${Array.from({ length: STEPS }, (_, step) => `  - run: echo ${step} >>witness; sleep 0.2`).join('\n')}
`;

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 29, hosts: 1, runbooks: { 'chain.yaml': CHAIN } });
});
afterAll(() => house?.[Symbol.asyncDispose]());

async function stallWorker(): Promise<void> {
  const { pid } = (await house.server()).worker;
  if (pid === undefined) return;
  process.kill(pid, 'SIGSTOP');
  await pause(STALL_MS);
  process.kill(pid, 'SIGCONT');
}

test('a run whose worker stood still, and was killed later, replays and goes on', async () => {
  const run = await house.start('chain');
  await house.reaches(run, 'running');
  for (let stall = 0; stall < 3; stall += 1) {
    await pause(700);
    await stallWorker();
  }
  await pause(500);
  await house.killWorker();
  const { code, stderr } = await house.holdfast('watch', run, '--wait');
  expect(code, stderr).toBe(0);
  const witness = (await house.lab.ssh('etcd00', 'cat witness')).stdout;
  expect(witness).toBe(Array.from({ length: STEPS }, (_, step) => `${step}\n`).join(''));
});
