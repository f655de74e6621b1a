import { afterAll, beforeAll, expect, test } from 'vitest';
import { type House, openHouse } from './support/house.ts';
import { until } from './support/processes.ts';

/** Each command appends a line to a file on the host: the file is the witness of how often it ran. */
const THREE_STEPS = `
holdfast: 1
name: three
summary: Three steps, of which the second takes its time.
inputs:
  hosts: { type: hosts, default: etcd }
on: hosts
steps:
  - id: first
    run: echo first >>witness
  - id: second
    run: |
      echo second >>witness
      echo begun
      sleep 3
      echo ended
  - id: third
    run: |
      echo third >>witness
      printf 'lines=%s\\n' "$(wc -l <witness)" >>"$OUTPUT"
    outputs: { lines: int }
outputs:
  lines: third.rows.map(r, r.lines)
`;

let house: House;
beforeAll(async () => {
  house = await openHouse({ net: 20, hosts: 2, runbooks: { 'three.yaml': THREE_STEPS } });
});
afterAll(() => house?.[Symbol.asyncDispose]());

async function witness(host: string): Promise<string> {
  return (await house.lab.ssh(host, 'cat witness; rm witness')).stdout;
}

test('a run goes through its steps on every host, once each', async () => {
  const { code, stdout, stderr } = await house.holdfast('run', 'three', '--yes', '-m', 'test');
  expect(code, stdout + stderr).toBe(0);
  for (const host of ['etcd00', 'etcd01']) expect(await witness(host)).toBe('first\nsecond\nthird\n');
});

test('a worker killed in the middle of a command is replaced, and the command runs on, once', async () => {
  const run = await house.start('three');
  await until('the second step runs', async () =>
    (await house.lab.ssh('etcd01', 'cat witness')).stdout.includes('second') ? true : undefined,
  );
  await house.killWorker();
  const { code, stderr } = await house.holdfast('watch', run, '--wait');
  expect(code, stderr).toBe(0);
  for (const host of ['etcd00', 'etcd01']) expect(await witness(host)).toBe('first\nsecond\nthird\n');
  expect((await house.holdfast('logs', run, 'second', '--host', 'etcd01')).stdout).toBe('begun\nended\n');
  expect((await house.view(run)).outputs).toEqual({ lines: [3, 3] });
});
