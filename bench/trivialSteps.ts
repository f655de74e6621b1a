import { join } from 'node:path';
import { openLedger } from '../ledger/open.ts';
import { runId } from '../plan/ids.ts';
import { type House, openHouse } from '../test/support/house.ts';
import { gaps, mean, median } from './measure.ts';

/** A runbook of so many steps that do nothing. */
export function trivialSteps(times: number): string {
  const steps = Array.from({ length: times }, (_, at) => `  - { id: s${at}, run: "true" }`);
  const head = 'holdfast: 1\nname: trivial\nsummary: Steps that do nothing.\n';
  return `${head}inputs:\n  hosts: { type: hosts, default: etcd }\non: hosts\nsteps:\n${steps.join('\n')}\n`;
}

export function houseOfSteps(net: number, hosts: number, steps: number): Promise<House> {
  return openHouse({ net, hosts, runbooks: { 'trivial.yaml': trivialSteps(steps) } });
}

export type StepTimes = {
  /** Milliseconds from the end of one attempt to the end of the next, as the ledger has them. */
  readonly median: number;
  readonly mean: number;
  /** From the first entry of the run that a workflow wrote to its last. */
  readonly whole: number;
};

/** Runs it from the command line to its end, and reads the times in the ledger. */
export async function runTrivial(house: House): Promise<StepTimes> {
  const run = await house.start('trivial');
  const ended = await house.holdfast('watch', run, '--wait');
  if (ended.code !== 0) throw new Error(`the run ended with ${ended.code}: ${ended.stderr}`);
  const ledger = openLedger({ path: join(house.dataDir, 'ledger.db') });
  const entries = await ledger.read({ run: runId(run) });
  await ledger.close();
  const at = (kind: string) => entries.filter((entry) => entry.kind === kind).map((entry) => entry.at);
  const between = gaps(at('attempt.ended'));
  const whole = (at('run.ended')[0] ?? 0) - (at('run.started')[0] ?? 0);
  return { median: median(between), mean: mean(between), whole };
}
